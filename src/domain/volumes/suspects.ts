// How many of the pods that may still write to a volume a status tells one by one.
//
// Guarantees: what is left out makes the rest stricter, never weaker. It is folded into one suspect of a machine that
// there cannot be: nothing releases it but the answer of a person (release.ts).
import type { Suspect } from '../../api/v1alpha1/node-deployment.ts';

/** Stands for machines that the status has no room to name. No machine has this name: it is no DNS subdomain. */
export const UNTOLD_MACHINE = 'not_told';
/** Of no pod: what is known of one of the pods must not take the place of what stands for all. */
const UNTOLD_POD = 'not_told';

/** At most `most` of them: the latest as they are, and before them one for all the others. */
export function boundSuspects(suspects: readonly Suspect[], most: number): readonly Suspect[] {
  if (suspects.length <= most) return suspects;
  const older = suspects.slice(0, suspects.length - most + 1);
  return [folded(older), ...suspects.slice(older.length)];
}

/** Released no sooner than any of them would have been. */
function folded(suspects: readonly Suspect[]): Suspect {
  const { goneAt } = suspects.reduce((last, next) => (Date.parse(next.goneAt) > Date.parse(last.goneAt) ? next : last));
  const consumer = suspects.find((one) => one.consumer !== undefined)?.consumer;
  return {
    ...{ podUID: UNTOLD_POD, nodeName: UNTOLD_MACHINE, goneAt, isForced: true },
    ...(consumer !== undefined && { consumer }),
  };
}
