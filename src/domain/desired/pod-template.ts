// The pod template that a member runs: the user's, its sidecars, the labels, and the reserved volume `data`.
import { DATA_VOLUME, LABEL } from '../../api/v1alpha1/names.ts';
import type { NodeDeploymentSpec, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { hashOf } from '../../kube/hash.ts';
import type { PodTemplate } from '../../kube/kinds.ts';
import { childLabels } from './labels.ts';

/**
 * Names what a member should run. It changes with what the user wrote that ends up in the pod, and with nothing else: an
 * upgrade of the operator restarts nobody.
 */
export function revisionOf(spec: NodeDeploymentSpec): string {
  const known = revisions.get(spec) ?? hashOfPod(spec);
  revisions.set(spec, known);
  return known;
}

/** By the spec, which nobody changes: each reconcile asks for it. */
const revisions = new WeakMap<NodeDeploymentSpec, string>();

function hashOfPod(spec: NodeDeploymentSpec): string {
  const { template, storage } = spec;
  const mountPath = mountsData(template.spec?.containers ?? []) ? undefined : storage?.mountPath;
  const sidecars = sidecarsOf(spec);
  const persistent = storage !== undefined;
  return hashOf({ template, mountPath, persistent, ...(sidecars.length > 0 && { sidecars }) });
}

/** The template of member `name`. Its revision is a label, so that pods and StatefulSets tell which one they have. */
export function podTemplate(deployment: StoredNodeDeployment, name: string, revision: string): PodTemplate {
  const { template, storage } = deployment.spec;
  const data = storage === undefined ? { emptyDir: {} } : { persistentVolumeClaim: { claimName: name } };
  const sidecars = sidecarsOf(deployment.spec);
  // A native sidecar comes after the member's own init containers: what prepares the volume has done so.
  const initContainers = [...(template.spec?.initContainers ?? []), ...sidecars.flatMap((one) => one.initContainers)];
  return {
    metadata: {
      ...template.metadata,
      labels: { ...template.metadata?.labels, ...childLabels(deployment, name), [LABEL.revision]: revision },
    },
    spec: {
      ...template.spec,
      containers: [
        ...mountData(template.spec?.containers ?? [], storage?.mountPath),
        ...sidecars.flatMap(({ containers }) => containers),
      ],
      ...(initContainers.length > 0 && { initContainers }),
      volumes: [
        ...(template.spec?.volumes ?? []),
        ...sidecars.flatMap(({ volumes }) => volumes),
        { name: DATA_VOLUME, ...data },
      ],
    },
  };
}

type Sidecar = Required<Pick<NonNullable<PodTemplate['spec']>, 'containers' | 'initContainers' | 'volumes'>>;

/** What each consumer of kind Sidecar adds to the pod. */
function sidecarsOf({ consumers = [] }: NodeDeploymentSpec): readonly Sidecar[] {
  return consumers
    .filter(({ kind }) => kind === 'Sidecar')
    .map(({ template }) => {
      const { containers = [], initContainers = [], volumes = [] }: Partial<Sidecar> = template.spec ?? {};
      return { containers, initContainers, volumes };
    });
}

type Containers = NonNullable<PodTemplate['spec']>['containers'];

function mountData(containers: Containers, mountPath: string | undefined): Containers {
  const [first, ...others] = containers;
  if (mountPath === undefined || mountsData(containers) || first === undefined) return containers;
  return [{ ...first, volumeMounts: [...(first.volumeMounts ?? []), { name: DATA_VOLUME, mountPath }] }, ...others];
}

function mountsData(containers: Containers): boolean {
  return containers.some((container) => container.volumeMounts?.some((mount) => mount.name === DATA_VOLUME));
}
