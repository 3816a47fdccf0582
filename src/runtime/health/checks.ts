// The checks of a running operator: does every cache follow its kind, does the controller still work.
import type { Clock } from '../clock.ts';
import { describeCause } from '../client/api-error.ts';
import type { HealthCheck } from './probes.ts';

/** Passes always: what it tells is that somebody answers at all, so that the event loop turns. */
export const ping: HealthCheck = { name: 'ping', problem: () => undefined };

/** What a check asks of an informer. */
export interface WatchedCache {
  /** `cache pods`. */
  readonly name: string;
  readonly hasSynced: boolean;
  /** False while the server refuses the read, and the program goes on without. */
  readonly isReadable: boolean;
  /** When the server was last heard of, on the monotonic clock. */
  readonly lastActivityAt: number;
  /** For how long its watch has been failing; 0 for one that works. */
  readonly failingForMs: number;
  lastError(): unknown;
}

/** As long as an API server takes to be replaced. A reconcile on a cache that is older than this is fenced, but in vain. */
const FAILING_LIMIT_MS = 60_000;
/** A healthy watch is heard of within 235 s (reflector.ts). */
const SILENT_LIMIT_MS = 300_000;

/** Fails while the cache has not been read, and when its watch has been failing or silent for too long. */
export function cacheCheck(cache: WatchedCache, clock: Clock): HealthCheck {
  return {
    name: cache.name.replaceAll(' ', '-'),
    problem: () => {
      const error = cache.lastError();
      const why = error === undefined ? '' : `: ${oneLine(error)}`;
      if (!cache.hasSynced) return `not read yet${why}`;
      if (!cache.isReadable) return undefined;
      if (cache.failingForMs > FAILING_LIMIT_MS)
        return `the watch has failed for ${seconds(cache.failingForMs)} s${why}`;
      const silentMs = clock.monotonic() - cache.lastActivityAt;
      return silentMs > SILENT_LIMIT_MS ? `the server was not heard of for ${seconds(silentMs)} s${why}` : undefined;
    },
  };
}

/** What a check asks of a controller. */
export interface WatchedController {
  readonly name: string;
  /** For how long keys have waited while no reconcile has started or ended; 0 where none wait. */
  readonly stuckForMs: number;
}

/** Each request ends within 30 s, and a reconcile makes few: all workers are stuck in something that never ends. */
const STUCK_LIMIT_MS = 600_000;

/** Fails when every worker has been in one reconcile for so long that only a new process will help. */
export function workersCheck(controller: WatchedController): HealthCheck {
  return {
    name: `workers-${controller.name}`,
    problem: () =>
      controller.stuckForMs > STUCK_LIMIT_MS
        ? `no reconcile has started or ended for ${seconds(controller.stuckForMs)} s, and keys wait`
        : undefined,
  };
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000);
}

function oneLine(error: unknown): string {
  return describeCause(error).replaceAll(/\s+/g, ' ');
}
