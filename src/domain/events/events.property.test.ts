// What whole lives of fleets in the tiny cluster tell, whatever happens to them and in whatever order.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { NOTHING_DONE } from '../outcome.ts';
import { NOW, type SpecInput, deployment, running } from '../testing/build.ts';
import { type Reconciled, edit, reconcile } from '../testing/operator.ts';
import { type World, emptyWorld, moves } from '../testing/world.ts';
import type { FleetEvent } from './catalogue.ts';
import { eventsOf, lastWords } from './events-of.ts';

const RUNS = 40;

type Step =
  | { readonly type: 'reconcile' }
  | { readonly type: 'move'; readonly pick: number }
  | { readonly type: 'edit'; readonly spec: SpecInput };

const specs: fc.Arbitrary<SpecInput> = fc.record({
  replicas: fc.integer({ min: 1, max: 3 }),
  suspend: fc.nat(5).map((n) => n === 5),
  template: fc.constantFrom('app:1', 'app:2', 'bad:1').map(running),
  rollout: fc.record({ maxUnavailable: fc.constantFrom(1, 2) }),
  storage: fc.constantFrom('10Gi', '20Gi').map((size) => ({ size, mountPath: '/data' })),
});
const scripts: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.constant({ type: 'reconcile' as const }) },
    { weight: 12, arbitrary: fc.record({ type: fc.constant('move' as const), pick: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('edit' as const), spec: specs }) },
  ),
  { minLength: 20, maxLength: 120 },
);

interface Told {
  readonly done: Reconciled;
  readonly events: readonly FleetEvent[];
}

/** One reconcile, and what it tells once its status is stored. */
function tell(world: World): Told {
  const done = reconcile(world);
  const { plan, observed, status } = done;
  if (plan === undefined || observed === undefined || status === undefined) return { done, events: [] };
  return {
    done,
    events: [
      ...lastWords(observed, plan, NOTHING_DONE),
      ...eventsOf(observed.deployment.status, observed, plan, NOTHING_DONE, status),
    ],
  };
}

/** What is told of a script, from the first reconcile on; `look` sees each reconcile. */
function live(first: SpecInput, script: readonly Step[], look: (told: Told) => void = () => {}): FleetEvent[] {
  let world = emptyWorld(deployment(first), NOW);
  const all: FleetEvent[] = [];
  for (const step of script) {
    if (step.type === 'reconcile') {
      const told = tell(world);
      look(told);
      all.push(...told.events);
      ({ world } = told.done);
    } else if (step.type === 'edit') world = edit(world, deployment(step.spec).spec);
    else {
      const possible = moves(world);
      world = possible[step.pick % Math.max(1, possible.length)]?.(world) ?? world;
    }
  }
  return all;
}

describe('the events of a fleet', () => {
  test('are not told again: with the stored status as the one before, and nothing done, there are none', () => {
    fc.assert(
      fc.property(specs, scripts, (first, script) => {
        live(first, script, ({ done: { observed, status, plan } }) => {
          if (observed === undefined || status === undefined || plan === undefined) return;
          const seen = { ...observed, deployment: { ...observed.deployment, status } };
          expect(eventsOf(status, seen, { ...plan, actions: [] }, NOTHING_DONE, status)).toEqual([]);
        });
      }),
      { numRuns: RUNS },
    );
  });

  test('tell each claim once as made, and each hand-off from its beginning', { timeout: 30_000 }, () => {
    let handoffs = 0;
    fc.assert(
      fc.property(specs, scripts, (first, script) => {
        // A member that goes and is wanted again before it is gone has lost the beginning of its story.
        const keep = (step: Step): Step =>
          step.type === 'edit' ? { ...step, spec: { ...step.spec, replicas: 3 } } : step;
        const events = live({ ...first, replicas: 3 }, script.map(keep));
        const made = events.filter(({ reason }) => reason === 'ClaimCreated').map(({ related }) => related?.uid);
        expect(new Set(made).size).toBe(made.length);
        const moving = new Set<string | undefined>();
        for (const { reason, member } of events) {
          if (reason === 'HandoffStarted' || reason === 'MemberSuspended') moving.add(member);
          if (reason === 'OldPodTerminated' || reason === 'HandoffCompleted') {
            expect([...moving], reason).toContain(member);
          }
          if (reason === 'HandoffCompleted') {
            moving.delete(member);
            handoffs += 1;
          }
        }
      }),
      { numRuns: 4 * RUNS },
    );
    expect(handoffs).toBeGreaterThan(0);
  });

  test('fit what the API server takes: short words, and notes that say something', () => {
    fc.assert(
      fc.property(specs, scripts, (first, script) => {
        for (const { reason, action, note, related } of live(first, script)) {
          expect(reason).toMatch(/^[A-Z][A-Za-z]{2,127}$/);
          expect(action).toMatch(/^[A-Z][A-Za-z]{2,127}$/);
          expect(note).not.toMatch(/undefined|NaN|^$/);
          expect(note.length).toBeLessThanOrEqual(1024);
          expect(related?.name).not.toBe('');
        }
      }),
      { numRuns: RUNS },
    );
  });
});
