// The corpus: what clients ask of an API server, step by step. It runs against the model and against a real one, and both
// have to answer the same. Only kinds that no controller of the control plane writes to, so that versions are ours alone.
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

const FLEETS = '/apis/nodefleet.dev/v1alpha1/namespaces/{ns}/nodedeployments';
const RECORDS = '/apis/apps/v1/namespaces/{ns}/controllerrevisions';
const SERVICES = '/api/v1/namespaces/{ns}/services';
const CLAIMS = '/api/v1/namespaces/{ns}/persistentvolumeclaims';
const MERGE = 'application/merge-patch+json';
const APPLY = 'application/apply-patch+yaml';

const fleet = (change: Json = {}): Json => ({
  apiVersion: 'nodefleet.dev/v1alpha1',
  kind: 'NodeDeployment',
  metadata: { name: 'a' },
  spec: { replicas: 1, template: { spec: { containers: [{ name: 'app', image: 'app:1' }] } } },
  ...change,
});
const record = (metadata: Json = {}, change: Json = {}): Json => ({
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  metadata: { name: 'a', ...metadata },
  revision: 1,
  data: { a: 1 },
  ...change,
});
const service = (metadata: Json = {}, spec: Json = {}): Json => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'a', ...metadata },
  spec: { clusterIP: 'None', selector: { app: 'a' }, ...spec },
});
const claim = (metadata: Json = {}, spec: Json = {}): Json => ({
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

type Body = Json | ((said: readonly Answer[]) => Json);
const bodyOf = (body: Body, said: readonly Answer[]): Json => (typeof body === 'function' ? body(said) : body);

const get =
  (path: string): Ask =>
  () => ({ method: 'GET', path });
const post =
  (path: string, body: Body): Ask =>
  (said) => ({ method: 'POST', path, body: bodyOf(body, said) });
const put =
  (path: string, body: Body): Ask =>
  (said) => ({ method: 'PUT', path, body: bodyOf(body, said) });
const merge =
  (path: string, body: Body): Ask =>
  (said) => ({ method: 'PATCH', path, body: bodyOf(body, said), type: MERGE });
const apply =
  (path: string, body: Body, manager = 'm', more = ''): Ask =>
  (said) => ({
    method: 'PATCH',
    path: `${path}?fieldManager=${manager}&force=true&fieldValidation=Strict${more}`,
    body: bodyOf(body, said),
    type: APPLY,
  });
const remove =
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

const one = (collection: string): string => `${collection}/a`;
/** The lock on what step `index` answered. */
const lock =
  (index: number) =>
  (said: readonly Answer[]): Json => ({
    uid: said[index]?.uid,
    resourceVersion: said[index]?.resourceVersion,
  });
const locked =
  (index: number, body: Json) =>
  (said: readonly Answer[]): Json => ({ metadata: lock(index)(said), ...body });
const versionOnly =
  (index: number, body: Json) =>
  (said: readonly Answer[]): Json => ({
    metadata: { resourceVersion: said[index]?.resourceVersion },
    ...body,
  });
const fenced =
  (make: (metadata: Json) => Json, index: number) =>
  (said: readonly Answer[]): Json =>
    make(lock(index)(said));
const finalizers = (...names: readonly string[]): Json => ({ metadata: { finalizers: names } });
const status = (path: string): string => `${path}/status`;
const ready = (value: string): Json => ({
  status: {
    conditions: [
      { type: 'Ready', status: value, reason: 'R', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  },
});
const HOLD = 'example.com/hold';
const made = apply(one(FLEETS), fleet());
const recorded = apply(one(RECORDS), record());
const served = apply(one(SERVICES), service());
const claimed = apply(one(CLAIMS), claim());

/** By what is asked. Each begins in an empty namespace. */
export const SCRIPTS: readonly Script[] = Object.entries<readonly Ask[]>({
  'read what is not there': [get(one(FLEETS)), get(one(RECORDS)), get(one(CLAIMS))],
  'read a kind that is not served': [get('/apis/nodefleet.dev/v1alpha1/namespaces/{ns}/nothings/a')],
  'create, and create again': [post(RECORDS, record()), post(RECORDS, record()), get(one(RECORDS))],
  'create with a version': [post(RECORDS, record({ resourceVersion: '1' }))],
  'create a fleet': [post(FLEETS, fleet()), post(FLEETS, fleet()), get(one(FLEETS))],
  'apply twice': [recorded, recorded, get(one(RECORDS))],
  'apply as absent': [apply(one(RECORDS), record({ resourceVersion: '1' })), get(one(RECORDS))],
  'apply as absent what is there': [recorded, apply(one(RECORDS), record({ resourceVersion: '1' })), get(one(RECORDS))],
  'apply as absent what is terminating': [
    apply(one(RECORDS), record({ finalizers: [HOLD] })),
    remove(one(RECORDS)),
    apply(one(RECORDS), record({ resourceVersion: '1' })),
    merge(one(RECORDS), finalizers()),
    apply(one(RECORDS), record({ resourceVersion: '1' })),
  ],
  'apply an absent object with a uid': [apply(one(RECORDS), record({ uid: 'x', resourceVersion: '1' }))],
  'apply an absent object with an old version': [apply(one(RECORDS), record({ resourceVersion: '5' }))],
  'apply with the fence': [
    recorded,
    apply(
      one(RECORDS),
      fenced((m) => record({ ...m, labels: { a: 'b' } }), 0),
    ),
  ],
  'apply with a stale version': [
    recorded,
    merge(one(RECORDS), { metadata: { labels: { by: 'x' } } }),
    apply(
      one(RECORDS),
      fenced((m) => record({ ...m, labels: { a: 'b' } }), 0),
    ),
    get(one(RECORDS)),
  ],
  'apply with a stale version and nothing new': [
    recorded,
    merge(one(RECORDS), { metadata: { labels: { by: 'x' } } }),
    apply(one(RECORDS), fenced(record, 0)),
  ],
  'apply with no version': [recorded, apply(one(RECORDS), record({ labels: { a: 'b' } }))],
  'apply with the wrong uid and the right version': [
    recorded,
    apply(one(RECORDS), (said) => record({ uid: 'x', resourceVersion: said[0]?.resourceVersion })),
  ],
  'apply to an object made anew': [
    recorded,
    remove(one(RECORDS)),
    recorded,
    apply(
      one(RECORDS),
      fenced((m) => record({ ...m, labels: { a: 'b' } }), 0),
    ),
  ],
  'apply no more of a label': [
    apply(one(RECORDS), record({ labels: { a: '1', b: '2' } })),
    apply(one(RECORDS), record({ labels: { a: '1' } })),
  ],
  'apply no more of a label that somebody else has set too': [
    apply(one(RECORDS), record({ labels: { a: '1', b: '2' } })),
    apply(one(RECORDS), record({ labels: { b: '2' } }), 'other'),
    apply(one(RECORDS), record({ labels: { a: '1' } })),
    apply(one(RECORDS), record({}), 'other'),
  ],
  'apply over the label of a patch, then no more of it': [
    recorded,
    merge(one(RECORDS), { metadata: { labels: { a: 'patched', c: 'patched' } } }),
    apply(one(RECORDS), record({ labels: { a: '1' } })),
    apply(one(RECORDS), record()),
  ],
  'patch what was applied, then apply no more of it': [
    apply(one(RECORDS), record({ labels: { a: '1' } })),
    merge(one(RECORDS), { metadata: { labels: { a: 'patched' } } }),
    apply(one(RECORDS), record()),
  ],
  'apply a second manager without a change': [recorded, apply(one(RECORDS), record(), 'other'), recorded],
  'apply owner references': [
    post(RECORDS, record({ name: 'b' })),
    post(RECORDS, record({ name: 'c' })),
    apply(one(RECORDS), (said) => record({ ownerReferences: [ownerOf('b', said[0])] })),
    apply(one(RECORDS), (said) => record({ ownerReferences: [ownerOf('c', said[1])] })),
    apply(one(RECORDS), (said) => record({ ownerReferences: [{ ...ownerOf('c', said[1]), controller: true }] })),
    apply(one(RECORDS), record()),
  ],
  'lock the finalizers of an object made anew': [
    made,
    remove(one(FLEETS)),
    made,
    merge(one(FLEETS), (said) => ({ metadata: { ...lock(0)(said), finalizers: [HOLD] } })),
  ],
  'apply finalizers of two managers': [
    apply(one(RECORDS), record({ finalizers: [HOLD] })),
    apply(one(RECORDS), record({ finalizers: ['example.com/other'] }), 'other'),
    apply(one(RECORDS), record()),
    apply(one(RECORDS), record(), 'other'),
  ],
  'apply other data of a record': [recorded, apply(one(RECORDS), record({}, { data: { a: 2 } })), get(one(RECORDS))],
  'apply another number of a record': [recorded, apply(one(RECORDS), record({}, { revision: 2 }))],
  'apply ports by their keys': [
    apply(one(SERVICES), service({}, { ports: [port('http', 80), port('rpc', 81)] })),
    apply(one(SERVICES), service({}, { ports: [port('rpc', 81)] })),
    apply(one(SERVICES), service({}, { ports: [port('web', 81)] })),
  ],
  'apply another selector': [served, apply(one(SERVICES), service({}, { selector: { b: 'c' } })), get(one(SERVICES))],
  'apply the dry way': [
    apply(one(RECORDS), record({ resourceVersion: '1' }), 'm', '&dryRun=All'),
    get(one(RECORDS)),
    recorded,
    apply(one(RECORDS), record({ labels: { a: '1' } }), 'm', '&dryRun=All'),
    apply(one(RECORDS), record({ resourceVersion: '1' }), 'm', '&dryRun=All'),
    get(one(RECORDS)),
  ],
  'patch a status': [made, merge(status(one(FLEETS)), locked(0, ready('True'))), get(one(FLEETS))],
  'patch a status without a lock': [made, merge(status(one(FLEETS)), ready('True'))],
  'patch a status with the same again': [
    made,
    merge(status(one(FLEETS)), locked(0, ready('True'))),
    merge(status(one(FLEETS)), locked(1, ready('True'))),
  ],
  'patch a status under a stale version': [
    made,
    merge(one(FLEETS), { metadata: { labels: { a: 'b' } } }),
    merge(status(one(FLEETS)), locked(0, ready('True'))),
    merge(status(one(FLEETS)), versionOnly(0, ready('True'))),
    get(one(FLEETS)),
  ],
  'patch a status with another uid': [
    made,
    merge(status(one(FLEETS)), (said) => ({
      metadata: { uid: 'x', resourceVersion: said[0]?.resourceVersion },
      ...ready('True'),
    })),
  ],
  'patch a status of what is not there': [merge(status(one(FLEETS)), ready('True'))],
  'patch a status with a spec in it': [made, merge(status(one(FLEETS)), { spec: { replicas: 5 }, ...ready('True') })],
  'patch a status that does not fit': [
    made,
    merge(status(one(FLEETS)), { status: { observedGeneration: 'many' } }),
    merge(status(one(FLEETS)), { status: { conditions: [{ type: 'Ready' }] } }),
  ],
  'remove a field of a status': [
    made,
    merge(status(one(FLEETS)), { status: { replicas: 1, readyReplicas: 1 } }),
    merge(status(one(FLEETS)), { status: { readyReplicas: null } }),
    get(one(FLEETS)),
  ],
  'patch a spec, and the generation': [
    made,
    merge(one(FLEETS), { spec: { replicas: 2 } }),
    merge(one(FLEETS), { spec: { replicas: 2 } }),
    merge(one(FLEETS), { metadata: { labels: { a: 'b' } } }),
    merge(one(FLEETS), { metadata: { generation: 9 } }),
  ],
  'patch a spec with a status in it': [made, merge(one(FLEETS), { spec: { replicas: 2 }, ...ready('True') })],
  'patch a spec that does not fit': [made, merge(one(FLEETS), { spec: { replicas: 'many' } }), get(one(FLEETS))],
  'replace a fleet': [
    made,
    put(one(FLEETS), (said) => fleet({ metadata: { name: 'a', ...lock(0)(said) } })),
    put(one(FLEETS), (said) =>
      fleet({ metadata: { name: 'a', resourceVersion: said[0]?.resourceVersion, labels: { a: 'b' } } }),
    ),
    put(one(FLEETS), (said) =>
      fleet({ metadata: { name: 'a', resourceVersion: said[0]?.resourceVersion, labels: { a: 'c' } } }),
    ),
  ],
  'lock on the finalizers': [
    made,
    merge(one(FLEETS), locked(0, {})),
    merge(one(FLEETS), (said) => ({ metadata: { ...lock(0)(said), finalizers: [HOLD] } })),
    merge(one(FLEETS), (said) => ({ metadata: { ...lock(0)(said), finalizers: [] } })),
    merge(one(FLEETS), (said) => ({ metadata: { ...lock(2)(said), finalizers: [] } })),
  ],
  'patch with another uid': [
    made,
    merge(one(FLEETS), (said) => ({
      metadata: { uid: 'x', resourceVersion: said[0]?.resourceVersion, labels: { a: 'b' } },
    })),
  ],
  'delete, and delete again': [recorded, remove(one(RECORDS)), remove(one(RECORDS)), get(one(RECORDS))],
  'delete by uid': [recorded, remove(one(RECORDS), { uid: 'x' }), remove(one(RECORDS), lock(0)), get(one(RECORDS))],
  'delete by a stale version': [
    recorded,
    merge(one(RECORDS), { metadata: { labels: { a: 'b' } } }),
    remove(one(RECORDS), lock(0)),
    remove(one(RECORDS), lock(1)),
  ],
  'delete what has a finalizer': [
    apply(one(FLEETS), fleet({ metadata: { name: 'a', finalizers: [HOLD] } })),
    remove(one(FLEETS)),
    remove(one(FLEETS)),
    merge(one(FLEETS), { spec: { replicas: 3 } }),
    merge(one(FLEETS), finalizers()),
    get(one(FLEETS)),
  ],
  'add a finalizer to what is terminating': [
    apply(one(FLEETS), fleet({ metadata: { name: 'a', finalizers: [HOLD] } })),
    remove(one(FLEETS)),
    merge(one(FLEETS), finalizers(HOLD, 'example.com/other')),
  ],
  'write a status of what is terminating': [
    apply(one(FLEETS), fleet({ metadata: { name: 'a', finalizers: [HOLD] } })),
    remove(one(FLEETS)),
    merge(status(one(FLEETS)), locked(0, ready('True'))),
    merge(status(one(FLEETS)), locked(1, ready('True'))),
  ],
  'make a fleet anew': [made, remove(one(FLEETS)), made, merge(status(one(FLEETS)), locked(0, ready('True')))],
  'a claim keeps its protection': [claimed, get(one(CLAIMS))],
  'shrink and grow a claim that is not bound': [
    claimed,
    apply(one(CLAIMS), claim({}, { resources: { requests: { storage: '2Gi' } } })),
    apply(one(CLAIMS), claim({}, { accessModes: ['ReadWriteMany'] })),
  ],
  'list by label': [
    apply(one(RECORDS), record({ labels: { a: '1' } })),
    get(`${RECORDS}?labelSelector=a%3D1`),
    get(`${RECORDS}?labelSelector=a%3D2`),
    get(`${RECORDS}?labelSelector=%21a`),
    get(`${RECORDS}?labelSelector=a%3D1%2C%21b`),
    get(`${RECORDS}?labelSelector=a+in+%281%2C2%29`),
    get(`${RECORDS}?labelSelector=a+in+%282%2C3%29%2C%21b`),
  ],
}).map(([name, steps]) => ({ name, steps }));

function ownerOf(name: string, said: Answer | undefined): Json {
  return { apiVersion: 'apps/v1', kind: 'ControllerRevision', name, uid: said?.uid };
}

function port(name: string, port: number): Json {
  return { name, port, protocol: 'TCP', targetPort: port };
}
