// What a spec may say and had better not: nothing is refused for it. The status tells it, as does the admission policy in
// config/admission at `kubectl apply`, in the same words.
import type { PodTemplate } from '../../kube/kinds.ts';

export const REQUIRED_POD_AFFINITY =
  "spec.template.spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution can deadlock: a pod waits until another one runs, and on an empty pool of machines that one may wait for it; nor does it name a volume, so it draws unrelated pods onto one machine. Pick the machines with nodeSelector and tolerations, make what shares a member's volume a container of its pod, or use preferredDuringSchedulingIgnoredDuringExecution";

/** One sentence each: the field, why, and what to do instead. */
export function warningsOf({ spec }: PodTemplate): readonly string[] {
  const required = spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return required.length === 0 ? [] : [REQUIRED_POD_AFFINITY];
}
