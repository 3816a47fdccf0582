// Keeps an Authorization header for a while, so that not every request reads a token file or runs a plugin.
import type { Clock } from '../clock.ts';

/** The Authorization header, undefined for none. `refused` is the one that has just drawn a 401: look for a newer one. */
export type Authorization = (refused?: string) => Promise<string | undefined>;

/** client-go re-reads token files at most once a minute; a token is valid for at least twice as long after rotation. */
const TTL_MS = 30_000;

/**
 * Reads at the first call, then when 30 s have passed or the server has refused what was read. Requests that are refused
 * together share one read. A failed read is passed on to its callers and not kept.
 *
 * @param read reads the credentials; `trustCaches` is false after a refusal
 */
export function keepCredentials(
  read: (trustCaches: boolean) => Promise<string | undefined>,
  clock: Clock,
): Authorization {
  let readAt = 0;
  let kept: Promise<string | undefined> | undefined;
  const start = (trustCaches: boolean): Promise<string | undefined> => {
    readAt = clock.monotonic();
    const started = read(trustCaches).catch((error: unknown) => {
      if (kept === started) kept = undefined;
      throw error;
    });
    return (kept = started);
  };
  return async (refused) => {
    const current = kept === undefined || clock.monotonic() - readAt > TTL_MS ? start(true) : kept;
    const header = await current;
    if (refused === undefined || header !== refused) return header;
    return kept === undefined || kept === current ? start(false) : kept;
  };
}
