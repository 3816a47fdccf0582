// Lets the event loop turn between reconciles. One that needs no request awaits nothing but promises: without a pause,
// those of a resync of thousands run one after the other before any answer, watch event or renewal of a lease is heard.
import type { Clock } from '../clock.ts';

/** Milliseconds that reconciles may follow each other while the event loop does not turn. */
const SLICE_MS = 5;

/** To be asked after each reconcile: what to await before the next one begins; undefined where it may begin at once. */
export function createGivingWay(clock: Pick<Clock, 'monotonic'>): () => Promise<void> | undefined {
  /** The next turn of the event loop, since when it is waited for. */
  let turn: { readonly sinceMs: number; readonly comes: Promise<void> } | undefined;
  return () => {
    if (turn !== undefined) return clock.monotonic() - turn.sinceMs < SLICE_MS ? undefined : turn.comes;
    const comes = new Promise<void>((resolve) => {
      setImmediate(() => {
        turn = undefined;
        resolve();
      });
    });
    turn = { sinceMs: clock.monotonic(), comes };
    return undefined;
  };
}
