// What was read is not what is there. Handled like the API server's own 409: drop everything, reconcile on fresh state.
import { NODE_DEPLOYMENT } from '../api/v1alpha1/node-deployment.ts';
import { isConflict } from '../runtime/client/api-error.ts';

export class StaleRead extends Error {
  override readonly name: string = 'StaleRead';
}

/** It is the NodeDeployment itself that has moved on, or is gone. */
export class StaleFleet extends StaleRead {
  override readonly name = 'StaleFleet';
}

/** Whether an error says that somebody wrote first. */
export function isStale(error: unknown): error is Error {
  return error instanceof StaleRead || isConflict(error);
}

/** Whether it says so of the NodeDeployment: nothing is wrong then with what was read of its children. */
export function isStaleFleet(error: unknown): boolean {
  if (isConflict(error)) return error.path.includes(`/${NODE_DEPLOYMENT.plural}/`);
  return error instanceof StaleFleet;
}
