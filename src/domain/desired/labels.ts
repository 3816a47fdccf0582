// The labels of a member's children.
import { LABEL, MANAGED_BY } from '../../api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';

export function childLabels(deployment: StoredNodeDeployment, member: string): Readonly<Record<string, string>> {
  return {
    [LABEL.appName]: deployment.metadata.name,
    [LABEL.managedBy]: MANAGED_BY,
    [LABEL.deployment]: deployment.metadata.name,
    [LABEL.member]: member,
  };
}
