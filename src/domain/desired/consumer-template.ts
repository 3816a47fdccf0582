// The pod of a consumer: the user's, the labels, the member's claim as the volume `data`, and the machine.
import { DATA_VOLUME } from '../../api/v1alpha1/names.ts';
import type { Consumer } from '../../api/v1alpha1/node-deployment.ts';
import type { PodTemplate } from '../../kube/kinds.ts';
import { pinnedTo } from './pin.ts';

export function consumerTemplate(
  { template }: Consumer,
  member: string,
  labels: Readonly<Record<string, string>>,
  machine: string,
): PodTemplate {
  const data = { name: DATA_VOLUME, persistentVolumeClaim: { claimName: member } };
  return {
    metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...labels } },
    spec: {
      ...template.spec,
      containers: template.spec?.containers ?? [],
      affinity: pinnedTo(template.spec?.affinity, machine),
      volumes: [...(template.spec?.volumes ?? []), data],
    },
  };
}
