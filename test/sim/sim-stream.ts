// One open watch: its lines arrive in order, late, and end as a network ends them.
import { TransportError } from '../../src/runtime/client/api-error.ts';
import type { HttpRequest } from '../../src/runtime/client/transport.ts';
import type { Choices } from './choices.ts';
import type { ModelServer } from './model/api-server.ts';
import type { Target } from './model/http.ts';
import type { Change } from './model/store.ts';
import { expiredLine, ModelWatch } from './model/watch.ts';
import type { SimClock } from './sim-clock.ts';
import type { Weather } from './weather.ts';

export interface SimStreamOptions {
  readonly server: ModelServer;
  readonly clock: SimClock;
  readonly choices: Choices;
  readonly weather: Weather;
  readonly target: Target;
  readonly request: HttpRequest;
}

type Delivery = { readonly line: string } | { readonly end: Error | undefined };

/** What may happen at a line. The first is the ordinary course; `repeated`: an older one comes once more, at once or later. */
const FAULTS = ['none', 'truncated', 'duplicated', 'gone', 'silent', 'repeated'] as const;
const REMEMBERED = 8;
/** Deletions are remembered apart: what has been made anew since is what they do most harm to. */
const REMEMBERED_DELETIONS = 4;
const REPEATED_AFTER_MS = [0, 5_000, 30_000] as const;
/** How far a whole watch may be behind: a view of one kind that is older than those of the others. */
const BEHIND_MS = [0, 10_000, 90_000] as const;
const BOOKMARK_MS = 60_000;
/** How much later than its change a line arrives. */
const DELAYS_MS = [2, 30, 300, 3_000, 20_000] as const;

export class SimStream implements AsyncIterable<string> {
  readonly #options: SimStreamOptions;
  readonly #watch: ModelWatch;
  readonly #arrived: Delivery[] = [];
  #wake: (() => void) | undefined;
  /** No line arrives before one that was sent earlier. */
  #lastDueAt = 0;
  #isOver = false;
  #isSilent = false;
  /** The latest lines, which a confused server says again. */
  readonly #said: string[] = [];
  readonly #deletions: string[] = [];
  readonly #behindMs: number;
  #onEnd: () => void = () => {};

  constructor(options: SimStreamOptions) {
    this.#options = options;
    this.#watch = new ModelWatch(options.server, options.target);
    this.#behindMs = options.choices.pick('fault.watch-behind', BEHIND_MS);
    const { lines, isOver } = this.#watch.opening();
    for (const line of lines) this.#deliver({ line }, 1);
    const seconds = Number(options.target.query.get('timeoutSeconds') ?? '300');
    if (isOver) this.#finish(undefined, 1);
    else options.clock.plan(seconds * 1_000, () => this.#expire());
    this.#planBookmark();
    options.request.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /** To be told when its reader has stopped to read. */
  onEnd(listener: () => void): void {
    this.#onEnd = listener;
  }

  /** A change was stored. */
  take(change: Change): void {
    if (this.#isOver || this.#isSilent) return;
    const line = this.#watch.lineOf(change);
    if (line === undefined) return;
    const { choices, server, weather } = this.#options;
    const delayMs = this.#behindMs + weather.stretch(choices.pick('fault.watch-delay', DELAYS_MS));
    this.#remember(line, change);
    switch (choices.pick('fault.watch', FAULTS)) {
      case 'none':
        return this.#deliver({ line }, delayMs);
      case 'truncated':
        return this.#finish(this.#broken('connection reset'), delayMs);
      case 'duplicated':
        this.#deliver({ line }, delayMs);
        return this.#deliver({ line }, delayMs);
      case 'gone':
        server.store.compact();
        this.#deliver({ line: expiredLine(0, server.store.compactedAt) }, delayMs);
        return this.#finish(undefined, delayMs);
      case 'repeated':
        this.#deliver({ line }, delayMs);
        return this.#repeat(delayMs);
      case 'silent':
        this.#isSilent = true;
    }
  }

  #remember(line: string, { type }: Change): void {
    const [lines, most] = type === 'DELETED' ? [this.#deletions, REMEMBERED_DELETIONS] : [this.#said, REMEMBERED];
    lines.unshift(line);
    lines.length = Math.min(lines.length, most);
  }

  /** Says an older line once more. */
  #repeat(delayMs: number): void {
    const { choices, clock } = this.#options;
    const lines = [...this.#said, ...this.#deletions];
    const line = lines[choices.choose('world.repeated-line', lines.length)];
    const laterMs = choices.pick('world.repeated-after', REPEATED_AFTER_MS);
    if (line === undefined) return;
    clock.plan(delayMs + laterMs, () => {
      if (!this.#isOver && !this.#isSilent) this.#deliver({ line }, 0);
    });
  }

  cut(): void {
    this.#finish(this.#broken('connection reset'), 1);
  }

  /** Nobody listens any more. */
  abandon(): void {
    this.#isOver = true;
    this.#wake = undefined;
    this.#arrived.length = 0;
    this.#ignoreAbort();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    try {
      while (true) {
        const next = this.#arrived.shift();
        if (next === undefined) await new Promise<void>((resolve) => void (this.#wake = resolve));
        else if ('line' in next) yield next.line;
        else if (next.end === undefined) return;
        else throw next.end;
      }
    } finally {
      this.#isOver = true;
      this.#onEnd();
      this.#ignoreAbort();
    }
  }

  #planBookmark(): void {
    this.#options.clock.plan(BOOKMARK_MS, () => {
      if (this.#isOver) return;
      if (!this.#isSilent) this.#deliver({ line: this.#watch.bookmark() }, 1);
      this.#planBookmark();
    });
  }

  /** The server ends a watch after its time. A connection that went silent does not even tell that. */
  #expire(): void {
    if (!this.#isSilent) this.#finish(undefined, 0);
  }

  /** The client gives up: what is on its way is lost. */
  readonly #abort = (): void => {
    this.#arrived.length = 0;
    this.#lastDueAt = 0;
    this.#isOver = false;
    this.#finish(this.#broken('aborted'), 0);
  };

  #ignoreAbort(): void {
    this.#options.request.signal?.removeEventListener('abort', this.#abort);
  }

  #finish(error: Error | undefined, delayMs: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deliver({ end: error }, delayMs);
  }

  #deliver(delivery: Delivery, delayMs: number): void {
    const { clock } = this.#options;
    const dueAt = Math.max(this.#lastDueAt, clock.monotonic() + delayMs);
    this.#lastDueAt = dueAt;
    clock.after(dueAt - clock.monotonic(), () => {
      this.#arrived.push(delivery);
      const wake = this.#wake;
      this.#wake = undefined;
      wake?.();
    });
  }

  #broken(why: string): TransportError {
    return new TransportError(this.#options.request, 'unknown', new Error(why));
  }
}
