// Facts about Jobs that more than one rule needs.
import type { Job } from './kinds.ts';

/** Whether no pod of it runs, or will: it has completed or failed, which comes after the end of its last pod. */
export function isFinished({ status }: Job): boolean {
  return (
    status?.conditions?.some(({ type, status: is }) => is === 'True' && (type === 'Complete' || type === 'Failed')) ??
    false
  );
}
