// One watch, with an end: the server's own after its time, or the client's soon after if the server is not heard of. A
// server that owes something and is silent is cut as soon as a request would be.
import type { KubeObject } from '../../kube/object.ts';
import type { WatchEvent } from '../client/interfaces.ts';
import type { Clock } from '../clock.ts';

/** How much later than the server the client ends a watch. Then the connection is dead. */
const SLACK_MS = 15_000;
/** As long as a request may take. */
const SILENCE_MS = 30_000;

/** The server owed something, and was silent for 30 s. */
export class SilenceError extends Error {}

export interface TimedWatch<T extends KubeObject> {
  readonly timeoutSeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  open(signal: AbortSignal, timeoutSeconds: number): AsyncIterable<WatchEvent<T>>;
  /** Called for each event, never after the signal has aborted. What it throws ends the watch. */
  take(event: WatchEvent<T>): void;
  /** Whether the server has something to send whatever happens: it has not sent all objects yet. */
  isOwed(): boolean;
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
  const cut = (): void =>
    deadline.abort(
      new SilenceError(`the server was silent for ${SILENCE_MS / 1_000} s before it had sent all objects`),
    );
  const awaitNext = () => (watch.isOwed() ? clock.after(SILENCE_MS, cut) : undefined);
  let silence = awaitNext();
  let events = 0;
  try {
    for await (const event of watch.open(AbortSignal.any([signal, deadline.signal]), timeoutSeconds)) {
      signal.throwIfAborted();
      silence?.cancel();
      events += 1;
      watch.take(event);
      silence = awaitNext();
    }
  } finally {
    timer.cancel();
    silence?.cancel();
  }
  return { events, durationMs: clock.monotonic() - startedAt };
}
