// The promise of leader election, in a world of drifting clocks, broken networks, pauses and deaths: two replicas never
// believe at the same time that they lead, and when the world calms down one of them does.
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ElectionWorld, type Network, type Replica } from '../testing/election-world.ts';

const REPLICAS = 3;
/** Seconds on a machine that has nothing else to do. */
const PATIENCE = { timeout: 60_000 };
/** The fastest clock and the slowest: their ratio stays below leaseDuration / renewDeadline. */
const SLOWEST = 0.85;
const FASTEST = 1.25;

const which = fc.nat(REPLICAS - 1);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 20_000 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('network' as const),
      which,
      network: fc.constantFrom<Network[]>('up', 'down', 'mute', 'unwatched', 'deaf'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('slow' as const), which, ms: fc.integer({ min: 0, max: 6_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pause' as const), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('resume' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('touch' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Whoever has ended is replaced by a new replica, as a Deployment does. */
class Fleet {
  readonly world = new ElectionWorld();
  readonly #slots: { replica: Replica; readonly rate: number }[];
  #started = 0;

  constructor(rates: readonly number[]) {
    this.#slots = rates.map((rate) => ({ replica: this.#start(rate), rate }));
  }

  async play(now: Step): Promise<void> {
    if (now.do === 'wait') await this.world.clock.advance(now.ms);
    else if (now.do === 'touch') {
      if (this.world.lease?.spec !== undefined) this.world.store(this.world.lease.spec);
    } else {
      const slot = this.#slots[now.which];
      if (slot === undefined) return;
      if (now.do === 'network') slot.replica.network = now.network;
      else if (now.do === 'slow') slot.replica.delayMs = now.ms;
      else slot.replica[now.do]();
    }
    this.world.check();
    this.#replace();
  }

  async calmDown(): Promise<void> {
    for (const { replica } of this.#slots) {
      replica.network = 'up';
      replica.delayMs = 0;
      replica.resume();
    }
    for (let seconds = 0; seconds < 60; seconds += 1) {
      this.#replace();
      await this.world.clock.advance(1_000);
    }
  }

  #replace(): void {
    for (const slot of this.#slots) if (!slot.replica.isAlive) slot.replica = this.#start(slot.rate);
  }

  #start(rate: number): Replica {
    this.#started += 1;
    return this.world.start(`r${this.#started}`, { rate });
  }
}

function schedules(slowest: number, fastest: number) {
  const rate = fc.double({ min: slowest, max: fastest, noNaN: true });
  return [fc.array(rate, { minLength: REPLICAS, maxLength: REPLICAS }), fc.array(step, { maxLength: 40 })] as const;
}

test(
  'never do two believe to lead, and one does when all is well again, whatever happened before',
  PATIENCE,
  async () => {
    await fc.assert(
      fc.asyncProperty(...schedules(SLOWEST, FASTEST), async (rates, steps) => {
        const fleet = new Fleet(rates);
        for (const now of steps) await fleet.play(now);
        expect(fleet.world.overlaps).toEqual([]);
        await fleet.calmDown();
        expect(fleet.world.overlaps).toEqual([]);
        expect(fleet.world.leaders()).toHaveLength(1);
      }),
      { numRuns: 100 },
    );
  },
);

test(
  'clocks whose rates differ by more than leaseDuration / renewDeadline do break that: it is not guaranteed',
  PATIENCE,
  async () => {
    const [rates, steps] = schedules(1, 1);
    const broken = await fc.check(
      fc.asyncProperty(rates, steps, async (_, all) => {
        const fleet = new Fleet([0.5, 1, 2]);
        for (const now of all) await fleet.play(now);
        expect(fleet.world.overlaps).toEqual([]);
      }),
      { numRuns: 2_000, seed: 1 },
    );
    expect(broken.failed).toBe(true);
  },
);
