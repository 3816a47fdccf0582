// The StatefulSet of a follower: one pod on the machine of its member, or none.
import { ANNOTATION, LABEL } from '../../api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type Consumer, type StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { hashOf } from '../../kube/hash.ts';
import { STATEFUL_SET, apiVersionOf, type StatefulSet } from '../../kube/kinds.ts';
import { controllerReference } from '../../kube/owner-references.ts';
import { consumerName } from '../member-name.ts';
import { consumerTemplate } from './consumer-template.ts';
import { consumerLabels } from './labels.ts';

/** The follower with its pod on `machine`. */
export function follower(
  deployment: StoredNodeDeployment,
  member: string,
  consumer: Consumer,
  machine: string,
): StatefulSet {
  const labels = consumerLabels(deployment, member, consumer.name);
  const spec: NonNullable<StatefulSet['spec']> = {
    replicas: 1,
    // Its pods have the name of the member's Service for a domain, which does not select them.
    serviceName: member,
    podManagementPolicy: 'Parallel',
    updateStrategy: { type: 'OnDelete' },
    revisionHistoryLimit: 1,
    selector: { matchLabels: { [LABEL.consumerOf]: member, [LABEL.consumer]: consumer.name } },
    template: consumerTemplate(consumer, member, labels, machine),
  };
  return {
    apiVersion: apiVersionOf(STATEFUL_SET),
    kind: STATEFUL_SET.kind,
    metadata: {
      name: consumerName(member, consumer.name),
      ...(deployment.metadata.namespace === undefined ? {} : { namespace: deployment.metadata.namespace }),
      labels,
      annotations: { [ANNOTATION.appliedHash]: hashOf({ labels, spec }), [ANNOTATION.quiescedAt]: '' },
      ownerReferences: [controllerReference(NODE_DEPLOYMENT, deployment)],
    },
    spec,
  };
}
