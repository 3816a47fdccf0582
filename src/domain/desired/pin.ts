// A pod that may run on one machine only. By node affinity, not by `nodeName`, which passes over the scheduler: taints,
// resources and what the user asks for of a machine count as for any pod.
import type { PodTemplate } from '../../kube/kinds.ts';

type Affinity = NonNullable<NonNullable<PodTemplate['spec']>['affinity']>;

const ON_MACHINE = { key: 'metadata.name', operator: 'In' } as const;

/** `affinity` with the machine required in addition: terms are alternatives, so it is required in each of them. */
export function pinnedTo(affinity: Affinity | undefined, machine: string): Affinity {
  const isThere = { ...ON_MACHINE, values: [machine] };
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

/** Whether a pod of this affinity can run on the machine and nowhere else, whatever else is asked for. */
export function isPinnedTo(affinity: Affinity | undefined, machine: string): boolean {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const isPinned = ({ matchFields = [] }: (typeof terms)[number]): boolean =>
    matchFields.some(
      ({ key, operator, values = [] }) =>
        key === ON_MACHINE.key && operator === ON_MACHINE.operator && values.length === 1 && values[0] === machine,
    );
  return terms.length > 0 && terms.every(isPinned);
}
