// The labels of a member's children and of its consumers.
import { LABEL, MANAGED_BY } from '../../api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';

/** Those of what a consumer of the member is made of. The member's Service does not select them. */
export function consumerLabels(
  deployment: StoredNodeDeployment,
  member: string,
  consumer: string,
): Readonly<Record<string, string>> {
  const { [LABEL.member]: _, ...labels } = childLabels(deployment, member);
  return { ...labels, [LABEL.consumerOf]: member, [LABEL.consumer]: consumer };
}

export function childLabels(deployment: StoredNodeDeployment, member: string): Readonly<Record<string, string>> {
  return {
    [LABEL.appName]: deployment.metadata.name,
    [LABEL.managedBy]: MANAGED_BY,
    [LABEL.deployment]: deployment.metadata.name,
    [LABEL.member]: member,
  };
}
