// The PodDisruptionBudget of a fleet: what an eviction, such as that of a drain, has to leave running.
//
// Counted as `minAvailable`, not as `maxUnavailable`: the API server reckons the latter from the StatefulSets whose
// pods there are (kube-controller-manager v1.36 disruption, getExpectedScale). A member without a pod, in a hand-off or
// between two pods, would be no loss to it, and the next one could be evicted beside it. So evictions and rollouts
// share one allowance: rollout.maxUnavailable, and a member that is out counts against it whoever took it.
import { ANNOTATION, LABEL, MANAGED_BY } from '../../api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { hashOf } from '../../kube/hash.ts';
import { DISRUPTION_BUDGET, apiVersionOf, type DisruptionBudget } from '../../kube/kinds.ts';
import { controllerReference } from '../../kube/owner-references.ts';
import { toleratedLoss } from './desire.ts';

/** For two members or more. A surge pod counts, as it stands in for its member; a pod that is not Ready may always be evicted. */
export function disruptionBudget(deployment: StoredNodeDeployment): DisruptionBudget {
  const { name, namespace } = deployment.metadata;
  const labels = { [LABEL.appName]: name, [LABEL.managedBy]: MANAGED_BY, [LABEL.deployment]: name };
  const spec: NonNullable<DisruptionBudget['spec']> = {
    minAvailable: Math.max(1, deployment.spec.replicas - toleratedLoss(deployment.spec)),
    selector: {
      matchLabels: { [LABEL.deployment]: name },
      matchExpressions: [{ key: LABEL.member, operator: 'Exists' }],
    },
    unhealthyPodEvictionPolicy: 'AlwaysAllow',
  };
  return {
    apiVersion: apiVersionOf(DISRUPTION_BUDGET),
    kind: DISRUPTION_BUDGET.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      annotations: { [ANNOTATION.appliedHash]: hashOf({ labels, spec }) },
      ownerReferences: [controllerReference(NODE_DEPLOYMENT, deployment)],
    },
    spec,
  };
}
