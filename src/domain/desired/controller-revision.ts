// The record of a pod template that the fleet has had, as a DaemonSet keeps its own: for a look back, and for an undo.
//
// It goes with the fleet: the NodeDeployment owns it. Its data is immutable, so its name is the hash of what is in it.
import { LABEL, MANAGED_BY } from '../../api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { CONTROLLER_REVISION, apiVersionOf, type ControllerRevision } from '../../kube/kinds.ts';
import { controllerReference } from '../../kube/owner-references.ts';

export function revisionName(deployment: StoredNodeDeployment, revision: string): string {
  return `${deployment.metadata.name}-${revision}`;
}

/** The record of the template in the spec and of its sidecars, as the user wrote them. `number` orders the records: the newest has the highest. */
export function controllerRevision(
  deployment: StoredNodeDeployment,
  revision: string,
  number: number,
): ControllerRevision {
  const { name, namespace } = deployment.metadata;
  const { template, consumers = [] } = deployment.spec;
  const sidecars = consumers.filter(({ kind }) => kind === 'Sidecar');
  return {
    apiVersion: apiVersionOf(CONTROLLER_REVISION),
    kind: CONTROLLER_REVISION.kind,
    metadata: {
      name: revisionName(deployment, revision),
      ...(namespace === undefined ? {} : { namespace }),
      labels: {
        [LABEL.appName]: name,
        [LABEL.managedBy]: MANAGED_BY,
        [LABEL.deployment]: name,
        [LABEL.revision]: revision,
      },
      ownerReferences: [controllerReference(NODE_DEPLOYMENT, deployment)],
    },
    revision: number,
    data: { spec: { template, ...(sidecars.length > 0 && { consumers: sidecars }) } },
  };
}
