// What a spec may say and had better not: nothing is refused for it. The status tells it, as does the admission policy in
// config/admission at `kubectl apply`, in the same words.
import type { PodTemplate } from '../../kube/kinds.ts';
import type { Consumer, NodeDeploymentSpec } from './node-deployment.ts';

export const REQUIRED_POD_AFFINITY =
  "spec.template.spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution can deadlock: a pod waits until another one runs, and on an empty pool of machines that one may wait for it; nor does it name a volume, so it draws unrelated pods onto one machine. Pick the machines with nodeSelector and tolerations, put what shares a member's volume into spec.consumers, or use preferredDuringSchedulingIgnoredDuringExecution";
export const REQUIRED_POD_AFFINITY_OF_CONSUMER =
  "spec.consumers[].template.spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution can deadlock: the consumer waits until another pod runs, and that one may wait for it. It runs on its member's machine by itself: remove the podAffinity, or use preferredDuringSchedulingIgnoredDuringExecution";

/** One sentence each: the field, why, and what to do instead. */
export function warningsOf({
  template,
  consumers = [],
}: {
  readonly template: NodeDeploymentSpec['template'];
  readonly consumers?: readonly Pick<Consumer, 'template'>[] | undefined;
}): readonly string[] {
  return [
    ...(hasRequiredAffinity(template) ? [REQUIRED_POD_AFFINITY] : []),
    ...(consumers.some((consumer) => hasRequiredAffinity(consumer.template))
      ? [REQUIRED_POD_AFFINITY_OF_CONSUMER]
      : []),
  ];
}

function hasRequiredAffinity({ spec }: PodTemplate): boolean {
  return (spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).length > 0;
}
