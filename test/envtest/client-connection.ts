// What the tests of the client and the cache start from: a connection to the shared control plane, and a kind of their
// own with a status subresource.
import { randomBytes } from 'node:crypto';

import { onTestFinished } from 'vitest';

import type { Kind } from '../../src/kube/kinds.ts';
import type { KubeObject, Stored } from '../../src/kube/object.ts';
import { connect } from '../../src/runtime/client/kube-client.ts';
import { createObjectClient, type ObjectClient } from '../../src/runtime/client/object-client.ts';
import type { HttpResponse, Transport } from '../../src/runtime/client/transport.ts';
import { eventually } from '../../hack/control-plane/testing/processes.ts';
import { kubectlFor, newNamespace, sharedControlPlane, type Kubectl } from './start.ts';

export interface Gadget extends KubeObject {
  readonly spec?: { readonly size?: number };
  readonly status?: {
    readonly ready?: number;
    readonly message?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const text = { type: 'string' };
const properties = {
  spec: { type: 'object', properties: { size: { type: 'integer' } } },
  status: {
    type: 'object',
    properties: {
      ready: { type: 'integer' },
      message: text,
      conditions: { type: 'array', items: { type: 'object', properties: { type: text, status: text } } },
    },
  },
};

/** Makes a kind that no other test file has, and waits until it is served. The caller removes it with `removeKind`. */
export async function createKind(kubectl: Kubectl): Promise<Kind<Gadget>> {
  const group = `g${randomBytes(4).toString('hex')}.example.dev`;
  const kind = { group, version: 'v1', kind: 'Gadget', plural: 'gadgets', isNamespaced: true };
  const schema = { openAPIV3Schema: { type: 'object', properties } };
  const version = { name: 'v1', served: true, storage: true, subresources: { status: {} }, schema };
  await kubectl(['create', '-f', '-'], {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `gadgets.${group}` },
    spec: { group, scope: 'Namespaced', names: { plural: 'gadgets', kind: 'Gadget' }, versions: [version] },
  });
  const isServed = () => kubectl(['get', '--raw', `/apis/${group}/v1/gadgets`]).then(Boolean, () => false);
  await eventually(`${group} is served`, isServed);
  return kind;
}

export async function removeKind(kubectl: Kubectl, { plural, group }: Kind): Promise<void> {
  await kubectl(['delete', 'crd', `${plural}.${group}`, '--wait=false']);
}

export function administrator(): Kubectl {
  return kubectlFor(sharedControlPlane());
}

export interface Bench {
  readonly transport: Transport;
  readonly client: ObjectClient;
  readonly namespace: string;
  /** Sends a request that the client would never send. */
  send(method: 'PATCH' | 'POST' | 'PUT' | 'DELETE', path: string, body: unknown, type?: string): Promise<HttpResponse>;
}

/** A connection and a namespace for one test. `wrap` puts a transport of the test's own around the real one. */
export async function openBench(wrap: (transport: Transport) => Transport = (transport) => transport): Promise<Bench> {
  const environment = { KUBECONFIG: sharedControlPlane().kubeconfigPath };
  const { transport: real } = await connect({ environment, userAgent: 'nodefleet-test/1' });
  onTestFinished(() => real.close());
  const transport = wrap(real);
  return {
    transport,
    client: createObjectClient(transport),
    namespace: await newNamespace(administrator()),
    send: (method, path, body, type = 'application/merge-patch+json') =>
      real.request({ method, path, headers: { 'content-type': type }, body: JSON.stringify(body) }),
  };
}

/** The stored object in an answer. @throws Error for any other answer */
export function storedIn(response: HttpResponse): Stored<Gadget> {
  if (response.status >= 300) throw new Error(`${response.status}: ${response.body}`);
  return JSON.parse(response.body);
}
