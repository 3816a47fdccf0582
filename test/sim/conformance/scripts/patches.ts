// What a merge patch, a create and a dry run make of an object, and what they leave alone.
import type { Json } from '../../model/document.ts';
import {
  type Corpus,
  CLAIMS,
  FLEETS,
  HOLD,
  LEASES,
  RECORDS,
  SERVICES,
  apply,
  claim,
  finalizers,
  fleet,
  get,
  lease,
  lock,
  locked,
  made,
  merge,
  one,
  ownerOf,
  post,
  put,
  ready,
  record,
  recorded,
  remove,
  served,
  service,
  status,
} from '../steps.ts';

const DRY = '?dryRun=All';
const condition = (type: string, value = 'True'): Json => ({
  type,
  status: value,
  reason: 'R',
  message: 'm',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
const conditions = (...types: readonly string[]): Json => ({
  status: { conditions: types.map((type) => condition(type)) },
});
const labels = (all: Json | null): Json => ({ metadata: { labels: all } });

export const PATCHES: Corpus = {
  'create with what is the server’s': [
    post(
      RECORDS,
      record({
        uid: 'x',
        generation: 7,
        creationTimestamp: '2020-01-01T00:00:00Z',
        deletionTimestamp: '2020-01-01T00:00:00Z',
      }),
    ),
    get(one(RECORDS)),
  ],
  'create a fleet with what is the server’s': [
    post(
      FLEETS,
      fleet({ metadata: { name: 'a', uid: 'x', generation: 7, deletionGracePeriodSeconds: 5 }, ...ready('True') }),
    ),
    get(one(FLEETS)),
  ],
  'create with labels, finalizers and an owner': [
    post(RECORDS, record({ name: 'b' })),
    post(RECORDS, (said) =>
      record({ labels: { a: 'b' }, finalizers: [HOLD], ownerReferences: [ownerOf('b', said[0])] }),
    ),
    get(RECORDS),
  ],
  'create a claim, a Service and a Lease': [post(CLAIMS, claim()), post(SERVICES, service()), post(LEASES, lease())],
  'create where the namespace is told too': [post(FLEETS, fleet()), get(FLEETS)],
  'create the dry way': [
    post(`${RECORDS}${DRY}`, record()),
    get(one(RECORDS)),
    recorded,
    post(`${RECORDS}${DRY}`, record()),
  ],
  'patch the dry way': [
    made,
    merge(`${one(FLEETS)}${DRY}`, { spec: { replicas: 7 } }),
    merge(`${status(one(FLEETS))}${DRY}`, ready('True')),
    get(one(FLEETS)),
  ],
  'delete the dry way': [recorded, remove(`${one(RECORDS)}${DRY}`), get(one(RECORDS)), remove(one(RECORDS))],
  'replace the dry way': [
    recorded,
    put(`${one(RECORDS)}${DRY}`, (said) => record({ ...lock(0)(said), labels: { a: 'b' } })),
    get(one(RECORDS)),
  ],
  'patch with nothing in it': [
    recorded,
    merge(one(RECORDS), {}),
    merge(one(RECORDS), { metadata: {} }),
    made,
    merge(one(FLEETS), {}),
  ],
  'patch a status with nothing in it': [
    made,
    merge(status(one(FLEETS)), {}),
    merge(status(one(FLEETS)), { status: {} }),
  ],
  'add labels, and remove one, some, all': [
    recorded,
    merge(one(RECORDS), labels({ a: '1', b: '2', c: '3' })),
    merge(one(RECORDS), labels({ a: null })),
    merge(one(RECORDS), labels({ a: null })),
    merge(one(RECORDS), labels(null)),
    get(one(RECORDS)),
  ],
  'remove the labels of a fleet': [
    apply(one(FLEETS), fleet({ metadata: { name: 'a', labels: { a: '1', b: '2' } } })),
    merge(one(FLEETS), labels({ a: null })),
    merge(one(FLEETS), labels({})),
    merge(one(FLEETS), labels(null)),
  ],
  'patch the finalizers to null': [
    apply(one(FLEETS), fleet({ metadata: { name: 'a', finalizers: [HOLD, 'example.com/other'] } })),
    merge(one(FLEETS), { metadata: { finalizers: null } }),
    get(one(FLEETS)),
  ],
  'patch the finalizers: the list is replaced': [
    apply(one(RECORDS), record({ finalizers: [HOLD] })),
    merge(one(RECORDS), finalizers('example.com/other')),
    merge(one(RECORDS), finalizers('example.com/other', HOLD)),
    merge(one(RECORDS), finalizers(HOLD, 'example.com/other')),
  ],
  'patch the same finalizer twice into the list': [
    recorded,
    merge(one(RECORDS), finalizers(HOLD, HOLD)),
    get(one(RECORDS)),
  ],
  'patch owner references: the list is replaced': [
    post(RECORDS, record({ name: 'b' })),
    post(RECORDS, record({ name: 'c' })),
    recorded,
    merge(one(RECORDS), (said) => ({ metadata: { ownerReferences: [ownerOf('b', said[0])] } })),
    merge(one(RECORDS), (said) => ({ metadata: { ownerReferences: [ownerOf('c', said[1])] } })),
    merge(one(RECORDS), { metadata: { ownerReferences: null } }),
  ],
  'patch conditions: the list is replaced': [
    made,
    merge(status(one(FLEETS)), conditions('Ready', 'example.com/Audited')),
    merge(status(one(FLEETS)), conditions('Ready')),
    merge(status(one(FLEETS)), conditions('Ready', 'Progressing', 'example.com/Audited')),
    get(one(FLEETS)),
  ],
  'patch a status to null': [
    made,
    merge(status(one(FLEETS)), { status: { replicas: 1, ...(conditions('Ready')['status'] as Json) } }),
    merge(status(one(FLEETS)), { status: null }),
    get(one(FLEETS)),
  ],
  'patch nulls where nothing is': [
    made,
    merge(status(one(FLEETS)), { status: { replicas: null, plan: { phase: null } } }),
    merge(one(FLEETS), { spec: { storage: null } }),
  ],
  'patch labels and finalizers through a status: they are dropped': [
    made,
    merge(status(one(FLEETS)), { metadata: { labels: { a: 'b' }, finalizers: [HOLD] }, ...ready('True') }),
    get(one(FLEETS)),
  ],
  'patch a spec to what it was': [
    made,
    merge(one(FLEETS), { spec: { replicas: 3 } }),
    merge(one(FLEETS), { spec: { replicas: 1 } }),
    merge(one(FLEETS), { spec: { template: { spec: { containers: [{ name: 'app', image: 'app:2' }] } } } }),
    get(one(FLEETS)),
  ],
  'patch a member of the spec away: it has its default again': [
    made,
    merge(one(FLEETS), { spec: { rollout: { maxUnavailable: 3 } } }),
    merge(one(FLEETS), { spec: { rollout: null } }),
    merge(one(FLEETS), { spec: { replicas: null } }),
  ],
  'a fleet with storage has its defaults': [
    post(
      FLEETS,
      fleet({
        spec: {
          replicas: 1,
          storage: { size: '1Gi' },
          template: { spec: { containers: [{ name: 'app', image: 'app:1' }] } },
        },
      }),
    ),
    merge(one(FLEETS), { spec: { storage: { size: '2Gi' } } }),
    merge(one(FLEETS), { spec: { storage: { retention: { onDelete: 'Delete' } } } }),
  ],
  'read a status by its own path': [
    made,
    get(status(one(FLEETS))),
    merge(status(one(FLEETS)), ready('True')),
    get(status(one(FLEETS))),
  ],
  'read a status of a kind that has none': [recorded, get(status(one(RECORDS))), merge(status(one(RECORDS)), {})],
  'patch a plan and then only its phase': [
    made,
    merge(status(one(FLEETS)), (said) => locked(0, { status: { plan: PLAN } })(said)),
    merge(status(one(FLEETS)), (said) => locked(1, { status: { plan: { phase: 'Completed' } } })(said)),
    merge(status(one(FLEETS)), (said) => locked(2, { status: { plan: null } })(said)),
    get(one(FLEETS)),
  ],
  'patch ports of a Service: the list is replaced': [
    served,
    merge(one(SERVICES), { spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 80 }] } }),
    merge(one(SERVICES), { spec: { ports: [{ name: 'rpc', port: 81, protocol: 'TCP', targetPort: 81 }] } }),
    merge(one(SERVICES), { spec: { selector: { a: 'b' } } }),
    merge(one(SERVICES), { spec: { selector: { app: null } } }),
  ],
  'list in the order of names': [
    post(RECORDS, record({ name: 'c' })),
    post(RECORDS, record({ name: 'a' })),
    post(RECORDS, record({ name: 'b' })),
    get(RECORDS),
    remove(`${RECORDS}/b`),
    get(RECORDS),
  ],
  'list fleets by label': [
    apply(one(FLEETS), fleet({ metadata: { name: 'a', labels: { a: '1', b: '' } } })),
    get(`${FLEETS}?labelSelector=a`),
    get(`${FLEETS}?labelSelector=a%3D%3D1`),
    get(`${FLEETS}?labelSelector=a%21%3D1`),
    get(`${FLEETS}?labelSelector=c%21%3D1`),
    get(`${FLEETS}?labelSelector=b%3D`),
    get(`${FLEETS}?labelSelector=a+notin+%281%2C2%29`),
    get(`${FLEETS}?labelSelector=c+notin+%281%2C2%29`),
  ],
  'list what is not there': [get(FLEETS), get(RECORDS), get(SERVICES), get(LEASES)],
};

const PLAN: Json = {
  id: 'p',
  purpose: 'Rollout',
  generation: 1,
  targetRevision: 'r',
  phase: 'Active',
  createdAt: '2026-01-01T00:00:00Z',
  members: ['a-0'],
};
