// What is no valid request, or no valid object: the code, the reason, and the field that it is about.
import type { Json } from '../../model/document.ts';
import {
  type Ask,
  type Corpus,
  CLAIMS,
  FLEETS,
  RECORDS,
  SERVICES,
  apply,
  claim,
  claimed,
  fleet,
  get,
  made,
  merge,
  one,
  post,
  put,
  ready,
  record,
  recorded,
  service,
  status,
} from '../steps.ts';

const patchAs =
  (path: string, type: string, body: Json = {}): Ask =>
  () => ({ method: 'PATCH', path, body, type });

export const REFUSALS: Corpus = {
  'patch a fleet as plain JSON': [
    made,
    patchAs(one(FLEETS), 'application/json', { spec: { replicas: 2 } }),
    get(one(FLEETS)),
  ],
  'patch a fleet strategically': [
    made,
    patchAs(one(FLEETS), 'application/strategic-merge-patch+json'),
    get(one(FLEETS)),
  ],
  'patch a status as plain JSON': [made, patchAs(status(one(FLEETS)), 'application/json', ready('True'))],
  'create under another name than that of the path': [
    put(one(RECORDS), record({ name: 'b' })),
    made,
    put(one(FLEETS), fleet({ metadata: { name: 'b' } })),
  ],
  'apply under another name than that of the path': [
    apply(one(RECORDS), record({ name: 'b' })),
    apply(one(FLEETS), fleet({ metadata: { name: 'b' } })),
  ],
  'create in another namespace than that of the path': [
    post(RECORDS, record({ namespace: 'elsewhere' })),
    post(FLEETS, fleet({ metadata: { name: 'a', namespace: 'elsewhere' } })),
  ],
  'apply in another namespace than that of the path': [apply(one(RECORDS), record({ namespace: 'elsewhere' }))],
  'create another kind than that of the path': [post(RECORDS, service()), post(FLEETS, record()), get(RECORDS)],
  'apply another kind than that of the path': [apply(one(FLEETS), record())],
  'create without a name': [
    post(RECORDS, { apiVersion: 'apps/v1', kind: 'ControllerRevision', revision: 1, data: {} }),
  ],
  'create under a name that is none': [
    post(RECORDS, record({ name: 'A_b' })),
    post(FLEETS, fleet({ metadata: { name: 'A_b' } })),
    post(CLAIMS, claim({ name: 'A_b' })),
    post(SERVICES, service({ name: '1a' })),
  ],
  'create with a label that is none': [
    post(RECORDS, record({ labels: { a: 'b c' } })),
    post(FLEETS, fleet({ metadata: { name: 'a', labels: { a: 'b c' } } })),
  ],
  'create a fleet that does not fit': [
    post(FLEETS, fleet({ spec: {} })),
    post(
      FLEETS,
      fleet({ spec: { replicas: -1, template: { spec: { containers: [{ name: 'app', image: 'app:1' }] } } } }),
    ),
    get(FLEETS),
  ],
  'create a fleet without a spec': [
    post(FLEETS, { apiVersion: 'nodefleet.dev/v1alpha1', kind: 'NodeDeployment', metadata: { name: 'a' } }),
  ],
  'patch a fleet to what does not fit': [
    made,
    merge(one(FLEETS), { spec: { replicas: -1 } }),
    merge(one(FLEETS), { spec: { template: null } }),
    merge(one(FLEETS), { spec: { paused: 'yes' } }),
    merge(one(FLEETS), { spec: null }),
    get(one(FLEETS)),
  ],
  'patch a status to what does not fit': [
    made,
    merge(status(one(FLEETS)), { status: { replicas: 'many' } }),
    merge(status(one(FLEETS)), { status: 'fine' }),
    merge(status(one(FLEETS)), { status: { plan: { phase: 'Somehow' } } }),
    get(one(FLEETS)),
  ],
  'patch an unknown field of a status, strictly': [
    made,
    merge(`${status(one(FLEETS))}?fieldValidation=Strict`, { status: { unheardOf: 1 } }),
    get(one(FLEETS)),
  ],
  'change the data of a record in every way': [
    recorded,
    merge(one(RECORDS), { data: { a: 2 } }),
    put(one(RECORDS), record({}, { data: { a: 2 } })),
    merge(one(RECORDS), { revision: 2 }),
    get(one(RECORDS)),
  ],
  'change the class of a claim': [
    claimed,
    merge(one(CLAIMS), { spec: { storageClassName: 'other' } }),
    merge(one(CLAIMS), { spec: { accessModes: ['ReadWriteMany'] } }),
    get(one(CLAIMS)),
  ],
  'shrink a claim by a patch': [
    claimed,
    merge(one(CLAIMS), { spec: { resources: { requests: { storage: '512Mi' } } } }),
  ],
  'patch what is not there': [
    merge(one(RECORDS), {}),
    merge(one(FLEETS), { metadata: { resourceVersion: '1' } }),
    merge(status(one(RECORDS)), {}),
  ],
  'rename by a patch': [
    recorded,
    merge(one(RECORDS), { metadata: { name: 'b' } }),
    made,
    merge(one(FLEETS), { metadata: { name: 'b' } }),
  ],
};
