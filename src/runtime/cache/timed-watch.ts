// One watch, with an end: the server's own after its time, or the client's soon after if the server is not heard of.
import type { KubeObject } from '../../kube/object.ts';
import type { WatchEvent } from '../client/interfaces.ts';
import type { Clock } from '../clock.ts';

/** How much later than the server the client ends a watch. Then the connection is dead. */
const SLACK_MS = 15_000;

export interface TimedWatch<T extends KubeObject> {
  readonly timeoutSeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  open(signal: AbortSignal, timeoutSeconds: number): AsyncIterable<WatchEvent<T>>;
  /** Called for each event, never after the signal has aborted. What it throws ends the watch. */
  take(event: WatchEvent<T>): void;
}

export interface WatchEnd {
  /** How many events came, bookmarks counted. */
  readonly events: number;
  readonly durationMs: number;
}

/** Resolves when the server has ended the watch. @throws what the watch or `take` throws, and for a dead connection. */
export async function runWatch<T extends KubeObject>(watch: TimedWatch<T>): Promise<WatchEnd> {
  const { clock, signal, timeoutSeconds } = watch;
  const startedAt = clock.monotonic();
  const deadline = new AbortController();
  const expire = (): void => deadline.abort(new Error(`the server did not end the watch after ${timeoutSeconds} s`));
  const timer = clock.after(timeoutSeconds * 1_000 + SLACK_MS, expire);
  let events = 0;
  try {
    for await (const event of watch.open(AbortSignal.any([signal, deadline.signal]), timeoutSeconds)) {
      signal.throwIfAborted();
      events += 1;
      watch.take(event);
    }
  } finally {
    timer.cancel();
  }
  return { events, durationMs: clock.monotonic() - startedAt };
}
