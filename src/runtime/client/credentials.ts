// Keeps an Authorization header for a while, so that not every request reads a token file or runs a plugin.
import type { Clock } from '../clock.ts';

/** The Authorization header, undefined for none. `isRefused`: the last one drew a 401, so read the credentials again. */
export type Authorization = (isRefused: boolean) => Promise<string | undefined>;

/** client-go re-reads token files at most once a minute; a token is valid for at least twice as long after rotation. */
const TTL_MS = 30_000;
/** Many requests may meet the same 401 at once: one read serves them all. */
const MIN_AGE_MS = 1_000;

/**
 * Reads at the first call, then when 30 s have passed or the server refused what was read over a second ago. A failed
 * read is passed on to its callers and not kept.
 *
 * @param read `isRefused` asks it to trust no cache of its own
 */
export function keepCredentials(read: Authorization, clock: Clock): Authorization {
  let readAt = -Infinity;
  let reading: Promise<string | undefined> | undefined;
  const start = (isRefused: boolean): Promise<string | undefined> => {
    readAt = clock.monotonic();
    const started = read(isRefused).catch((error: unknown) => {
      if (reading === started) reading = undefined;
      throw error;
    });
    return (reading = started);
  };
  return (isRefused) => {
    const maxAgeMs = isRefused ? MIN_AGE_MS : TTL_MS;
    return reading === undefined || clock.monotonic() - readAt > maxAgeMs ? start(isRefused) : reading;
  };
}
