// A test's own corner of a control plane: a namespace, kubectl in it, and a client that belongs to no operator.
import { onTestFinished } from 'vitest';

import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../../src/api/v1alpha1/node-deployment.ts';
import type { Kind } from '../../../src/kube/kinds.ts';
import type { KubeObject, ObjectKey, Stored } from '../../../src/kube/object.ts';
import { connect } from '../../../src/runtime/client/kube-client.ts';
import { createObjectClient, type ObjectClient } from '../../../src/runtime/client/object-client.ts';
import type { Transport } from '../../../src/runtime/client/transport.ts';
import { kubectlFor, newNamespace, sharedControlPlane, type Kubectl, type SharedControlPlane } from '../start.ts';

/** What is needed to reach a control plane. */
export type Plane = Pick<SharedControlPlane, 'kubectl' | 'kubeconfigPath'>;

export interface Cluster {
  readonly plane: Plane;
  readonly namespace: string;
  /** In the namespace. */
  readonly kubectl: Kubectl;
  /** The server itself: no lock is asserted, nothing is recorded or held. */
  readonly transport: Transport;
  readonly client: ObjectClient;
  key(name: string): ObjectKey;
  /** The object in the namespace. @throws Error if there is none */
  read<T extends KubeObject>(kind: Kind<T>, name: string): Promise<Stored<T>>;
  nd(name: string): Promise<StoredNodeDeployment>;
  /** `kubectl apply` of an object. */
  apply(object: object): Promise<void>;
  /** `kubectl patch nodedeployment` with a JSON merge patch. */
  patch(name: string, patch: object): Promise<void>;
}

/** A new namespace, by default on the shared control plane, gone when the test is over; or a given one, which stays. */
export async function newCluster(plane: Plane = sharedControlPlane(), given?: string): Promise<Cluster> {
  const anywhere = kubectlFor(plane);
  const namespace = given ?? (await newNamespace(anywhere));
  const transport = await connectTo(plane);
  const client = createObjectClient(transport);
  const kubectl: Kubectl = (args, input) => anywhere([`--namespace=${namespace}`, ...args], input);
  const key = (name: string): ObjectKey => ({ namespace, name });
  const read: Cluster['read'] = async (kind, name) => {
    const object = await client.get(kind, key(name));
    if (object === undefined) throw new Error(`there is no ${kind.kind} ${name}`);
    return object;
  };
  return {
    plane,
    namespace,
    kubectl,
    transport,
    client,
    key,
    read,
    nd: (name) => read(NODE_DEPLOYMENT, name),
    apply: async (object) => void (await kubectl(['apply', '-f', '-'], object)),
    patch: async (name, patch) => {
      await kubectl(['patch', 'nodedeployment', name, '--type=merge', `--patch=${JSON.stringify(patch)}`]);
    },
  };
}

/** A connection of its own, as another program has it; closed when the test is over. */
export async function connectTo({ kubeconfigPath }: Plane): Promise<Transport> {
  const { transport } = await connect({
    kubeconfig: kubeconfigPath,
    environment: {},
    userAgent: 'nodefleet-envtest',
  });
  onTestFinished(() => transport.close());
  return transport;
}
