// The words that scripts are written in: requests to kinds that no controller of the control plane writes to, so that
// versions are ours alone.
import type { HttpRequest } from '../../../src/runtime/client/transport.ts';
import type { Json } from '../model/document.ts';
import type { Answer } from './answer.ts';

export interface Step {
  readonly method: HttpRequest['method'];
  /** Below the namespace, with query. */
  readonly path: string;
  readonly body?: Json;
  readonly type?: string;
}

/** A step may use what was answered before. */
export type Ask = (said: readonly Answer[]) => Step;

export interface Script {
  readonly name: string;
  readonly steps: readonly Ask[];
}

/** Scripts by what is asked. Each begins in an empty namespace. */
export type Corpus = Readonly<Record<string, readonly Ask[]>>;

export const FLEETS = '/apis/nodefleet.dev/v1alpha1/namespaces/{ns}/nodedeployments';
export const RECORDS = '/apis/apps/v1/namespaces/{ns}/controllerrevisions';
export const SERVICES = '/api/v1/namespaces/{ns}/services';
export const CLAIMS = '/api/v1/namespaces/{ns}/persistentvolumeclaims';
export const LEASES = '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases';
export const MERGE = 'application/merge-patch+json';
export const APPLY = 'application/apply-patch+yaml';

export const fleet = (change: Json = {}): Json => ({
  apiVersion: 'nodefleet.dev/v1alpha1',
  kind: 'NodeDeployment',
  metadata: { name: 'a' },
  spec: { replicas: 1, template: { spec: { containers: [{ name: 'app', image: 'app:1' }] } } },
  ...change,
});
export const record = (metadata: Json = {}, change: Json = {}): Json => ({
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  metadata: { name: 'a', ...metadata },
  revision: 1,
  data: { a: 1 },
  ...change,
});
export const service = (metadata: Json = {}, spec: Json = {}): Json => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'a', ...metadata },
  spec: { clusterIP: 'None', selector: { app: 'a' }, ...spec },
});
export const claim = (metadata: Json = {}, spec: Json = {}): Json => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'a', ...metadata },
  spec: {
    accessModes: ['ReadWriteOnce'],
    storageClassName: '',
    resources: { requests: { storage: '1Gi' } },
    ...spec,
  },
});

export const lease = (metadata: Json = {}, spec: Json = {}): Json => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'a', ...metadata },
  spec: { holderIdentity: 'x', leaseDurationSeconds: 15, ...spec },
});

type Body = Json | ((said: readonly Answer[]) => Json);
const bodyOf = (body: Body, said: readonly Answer[]): Json => (typeof body === 'function' ? body(said) : body);

export const get =
  (path: string): Ask =>
  () => ({ method: 'GET', path });
export const post =
  (path: string, body: Body): Ask =>
  (said) => ({ method: 'POST', path, body: bodyOf(body, said) });
export const put =
  (path: string, body: Body): Ask =>
  (said) => ({ method: 'PUT', path, body: bodyOf(body, said) });
export const merge =
  (path: string, body: Body): Ask =>
  (said) => ({ method: 'PATCH', path, body: bodyOf(body, said), type: MERGE });
export const apply =
  (path: string, body: Body, manager = 'm', more = ''): Ask =>
  (said) => ({
    method: 'PATCH',
    path: `${path}?fieldManager=${manager}&force=true&fieldValidation=Strict${more}`,
    body: bodyOf(body, said),
    type: APPLY,
  });
export const remove =
  (path: string, preconditions?: Body, more: Json = {}): Ask =>
  (said) => ({
    method: 'DELETE',
    path,
    body: {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      ...(preconditions !== undefined && { preconditions: bodyOf(preconditions, said) }),
      ...more,
    },
  });

export const one = (collection: string): string => `${collection}/a`;
/** The lock on what step `index` answered. */
export const lock =
  (index: number) =>
  (said: readonly Answer[]): Json => ({
    uid: said[index]?.uid,
    resourceVersion: said[index]?.resourceVersion,
  });
export const locked =
  (index: number, body: Json) =>
  (said: readonly Answer[]): Json => ({ metadata: lock(index)(said), ...body });
export const versionOnly =
  (index: number, body: Json) =>
  (said: readonly Answer[]): Json => ({
    metadata: { resourceVersion: said[index]?.resourceVersion },
    ...body,
  });
export const fenced =
  (make: (metadata: Json) => Json, index: number) =>
  (said: readonly Answer[]): Json =>
    make(lock(index)(said));
export const finalizers = (...names: readonly string[]): Json => ({ metadata: { finalizers: names } });
export const status = (path: string): string => `${path}/status`;
export const ready = (value: string): Json => ({
  status: {
    conditions: [
      { type: 'Ready', status: value, reason: 'R', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  },
});
export const HOLD = 'example.com/hold';
export const made = apply(one(FLEETS), fleet());
export const recorded = apply(one(RECORDS), record());
export const served = apply(one(SERVICES), service());
export const claimed = apply(one(CLAIMS), claim());

export function ownerOf(name: string, said: Answer | undefined): Json {
  return { apiVersion: 'apps/v1', kind: 'ControllerRevision', name, uid: said?.uid };
}

export function port(name: string, port: number): Json {
  return { name, port, protocol: 'TCP', targetPort: port };
}
