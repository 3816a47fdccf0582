// What was read is not what is there. Handled like the API server's own 409: drop everything, reconcile on fresh state.
import { isConflict } from '../runtime/client/api-error.ts';

export class StaleRead extends Error {
  override readonly name = 'StaleRead';
}

/** Whether an error says that somebody wrote first. */
export function isStale(error: unknown): error is Error {
  return error instanceof StaleRead || isConflict(error);
}
