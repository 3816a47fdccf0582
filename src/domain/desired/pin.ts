// A pod that may run on one machine only. By node affinity, not by `nodeName`, which passes over the scheduler: taints,
// resources and what the user asks for of a machine count as for any pod.
import type { PodTemplate } from '../../kube/kinds.ts';

type Affinity = NonNullable<NonNullable<PodTemplate['spec']>['affinity']>;

/** `affinity` with the machine required in addition: terms are alternatives, so it is required in each of them. */
export function pinnedTo(affinity: Affinity | undefined, machine: string): Affinity {
  const isThere = { key: 'metadata.name', operator: 'In', values: [machine] };
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}];
  const nodeSelectorTerms = terms.map((term) => ({ ...term, matchFields: [...(term.matchFields ?? []), isThere] }));
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
    },
  };
}
