// Bugs below the decisions: caches, queues, errors, backoff.
import { edit, type Mutant } from './mutant.ts';

export const PLUMBING: readonly Mutant[] = [
  {
    name: 'any error means absent',
    edits: [
      edit(
        'runtime/client/api-error.ts',
        "return hasReason(error, 404, 'NotFound') && error.objectName !== '';",
        'return error instanceof ApiError;',
      ),
    ],
  },
  {
    name: 'an older event accepted',
    edits: [
      edit('runtime/cache/reflector.ts', 'if (this.#isOld(event.object)) return;', ''),
      edit(
        'runtime/cache/change.ts',
        'if (compareVersions(object.metadata.resourceVersion, stored.metadata.resourceVersion) < 0) return [];',
        '',
      ),
    ],
  },
  {
    name: 'no list after an expired version',
    edits: [
      edit(
        'runtime/cache/reflector.ts',
        'if (isGone(error) || error instanceof DeliveryError) this.#version = undefined;',
        '',
      ),
    ],
  },
  {
    name: 'a key that is added meanwhile is lost',
    edits: [
      edit(
        'runtime/queue/work-queue.ts',
        'if (priority !== undefined) {',
        'if (priority === undefined && Number(key) > 0) {',
      ),
    ],
  },
  {
    name: 'a conflict is the end',
    edits: [
      edit(
        'controller/node-deployment-reconciler.ts',
        "if (isStale(error)) return { type: 'conflict', error };",
        'if (isStale(error)) return DONE;',
      ),
    ],
  },
  {
    name: 'a deletion taken for that of a namesake',
    edits: [
      edit('runtime/cache/reflector.ts', 'if (this.#isOld(event.object)) return;', ''),
      edit(
        'runtime/cache/change.ts',
        "return isSame ? [{ type: 'deleted', object, isFinal: true }] : [];",
        "return stored !== undefined ? [{ type: 'deleted', object: stored, isFinal: true }] : [];",
      ),
    ],
  },
  {
    name: 'a backoff that starts anew each time',
    edits: [edit('runtime/queue/rate-limiter.ts', 'this.#attempts.set(key, attempts + 1);', '')],
  },
  {
    name: 'a look again at once, as long as anything is waited for',
    edits: [edit('controller/next-look.ts', 'const WAITING_MS = 5_000;', 'const WAITING_MS = 0;')],
  },
  {
    name: 'a deletion that is not seen',
    edits: [
      edit(
        'runtime/cache/change.ts',
        "return isSame ? [{ type: 'deleted', object, isFinal: true }] : [];",
        'return [];',
      ),
    ],
  },
  {
    name: 'a watch whose silence nobody notices',
    edits: [edit('runtime/cache/timed-watch.ts', 'clock.after(timeoutSeconds', 'clock.after(1e12 + timeoutSeconds')],
  },
  {
    name: 'the lease is looked at only at the start',
    edits: [
      edit(
        'runtime/leader-election/tenure.ts',
        'if (elapsedMs < this.#limitMs) return undefined;',
        'if (elapsedMs < Infinity) return undefined;',
      ),
      edit(
        'runtime/leader-election/tenure.ts',
        'return this.#renewedAt.monotonicMs + this.#limitMs - this.#clock.monotonic();',
        'return Infinity;',
      ),
    ],
  },
];
