// The headless Service of a member: its stable DNS name, before and while it is Ready.
import { ANNOTATION, LABEL } from '../../api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { hashOf } from '../../kube/hash.ts';
import { SERVICE, apiVersionOf, type Service } from '../../kube/kinds.ts';
import { controllerReference } from '../../kube/owner-references.ts';
import { childLabels } from './labels.ts';

export function service(deployment: StoredNodeDeployment, member: string): Service {
  const { ports, annotations } = deployment.spec.service;
  const labels = childLabels(deployment, member);
  const spec: NonNullable<Service['spec']> = {
    clusterIP: 'None',
    publishNotReadyAddresses: true,
    selector: { [LABEL.member]: member },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- zod writes `| undefined` where JSON has no key
    ...(ports.length === 0 ? {} : { ports: ports as NonNullable<Service['spec']>['ports'] & object }),
  };
  return {
    apiVersion: apiVersionOf(SERVICE),
    kind: SERVICE.kind,
    metadata: {
      name: member,
      ...(deployment.metadata.namespace === undefined ? {} : { namespace: deployment.metadata.namespace }),
      labels,
      annotations: { ...annotations, [ANNOTATION.appliedHash]: hashOf({ labels, annotations, spec }) },
      ownerReferences: [controllerReference(NODE_DEPLOYMENT, deployment)],
    },
    spec,
  };
}
