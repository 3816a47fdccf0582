// Server-side apply: who owns which field, and what becomes of it when nobody does any more.
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
  fleet,
  get,
  lease,
  merge,
  one,
  port,
  post,
  put,
  record,
  recorded,
  remove,
  service,
} from '../steps.ts';

const labelled = (labels: Json): Json => record({ labels });
const replicas = (count?: number): Json => ({
  apiVersion: 'nodefleet.dev/v1alpha1',
  kind: 'NodeDeployment',
  metadata: { name: 'a' },
  ...(count !== undefined && { spec: { replicas: count } }),
});

export const MANAGERS: Corpus = {
  'two managers own a label each': [
    apply(one(RECORDS), labelled({ a: '1' }), 'm'),
    apply(one(RECORDS), labelled({ b: '2' }), 'n'),
    apply(one(RECORDS), labelled({}), 'm'),
    apply(one(RECORDS), labelled({}), 'n'),
    get(one(RECORDS)),
  ],
  'a label changes hands by force': [
    apply(one(RECORDS), labelled({ a: '1' }), 'm'),
    apply(one(RECORDS), labelled({ a: '2' }), 'n'),
    apply(one(RECORDS), labelled({}), 'm'),
    apply(one(RECORDS), labelled({}), 'n'),
  ],
  'a label that both have set with one value stays until both let go': [
    apply(one(RECORDS), labelled({ a: '1' }), 'm'),
    apply(one(RECORDS), labelled({ a: '1' }), 'n'),
    apply(one(RECORDS), labelled({}), 'n'),
    apply(one(RECORDS), labelled({}), 'm'),
  ],
  'another manager stops a fleet, and the first applies the rest': [
    apply(one(FLEETS), fleet(), 'm'),
    apply(one(FLEETS), replicas(0), 'stopper'),
    apply(one(FLEETS), replicas(), 'stopper'),
    get(one(FLEETS)),
    apply(one(FLEETS), fleet(), 'm'),
  ],
  'a manager applies after a create': [
    post(`${RECORDS}?fieldManager=maker`, labelled({ a: '1', b: '2' })),
    apply(one(RECORDS), labelled({ a: '1' }), 'm'),
    apply(one(RECORDS), labelled({}), 'm'),
    get(one(RECORDS)),
  ],
  'the maker’s own apply does not take over what it has created': [
    post(`${RECORDS}?fieldManager=m`, labelled({ a: '1', b: '2' })),
    apply(one(RECORDS), labelled({ a: '1' }), 'm'),
    get(one(RECORDS)),
  ],
  'a replacement takes away what a manager has applied': [
    apply(one(RECORDS), labelled({ a: '1', b: '2' }), 'm'),
    put(one(RECORDS), labelled({ b: '2' })),
    apply(one(RECORDS), labelled({}), 'm'),
    get(one(RECORDS)),
  ],
  'a patch removes a label that a manager has applied, and it applies it again': [
    apply(one(RECORDS), labelled({ a: '1' }), 'm'),
    merge(one(RECORDS), { metadata: { labels: { a: null } } }),
    apply(one(RECORDS), labelled({ a: '1' }), 'm'),
    get(one(RECORDS)),
  ],
  'apply annotations beside labels': [
    apply(one(RECORDS), record({ labels: { a: '1' }, annotations: { 'example.com/a': 'x' } })),
    apply(one(RECORDS), record({ annotations: { 'example.com/a': 'x' } })),
    apply(one(RECORDS), record({})),
  ],
  'apply a finalizer that another has patched in': [
    recorded,
    merge(one(RECORDS), { metadata: { finalizers: [HOLD] } }),
    apply(one(RECORDS), record({ finalizers: [HOLD] })),
    apply(one(RECORDS), record()),
    get(one(RECORDS)),
  ],
  'apply a selector of two managers': [
    apply(one(SERVICES), service({}, { selector: { app: 'a' } }), 'm'),
    apply(one(SERVICES), service({}, { selector: { app: 'a', more: 'b' } }), 'n'),
    apply(one(SERVICES), service({}, { selector: { app: 'a' } }), 'n'),
    get(one(SERVICES)),
  ],
  'apply ports of two managers': [
    apply(one(SERVICES), service({}, { ports: [port('http', 80)] }), 'm'),
    apply(one(SERVICES), service({}, { ports: [port('rpc', 81)] }), 'n'),
    apply(one(SERVICES), service({}, { ports: [] }), 'm'),
    get(one(SERVICES)),
  ],
  'apply a Lease': [
    apply(one(LEASES), lease()),
    apply(one(LEASES), lease({}, { holderIdentity: 'y' }), 'n'),
    apply(one(LEASES), lease()),
    get(one(LEASES)),
  ],
  'apply a claim, and again by another': [
    apply(one(CLAIMS), claim()),
    apply(one(CLAIMS), claim({ labels: { a: 'b' } }), 'n'),
    apply(one(CLAIMS), claim({ labels: { a: 'b' } }), 'n'),
    apply(one(CLAIMS), claim(), 'n'),
  ],
  'apply containers by their names': [
    apply(one(FLEETS), containers('a', 'b')),
    apply(one(FLEETS), containers('b')),
    apply(one(FLEETS), containers('c', 'b')),
    get(one(FLEETS)),
  ],
  'apply after the object was made anew': [
    apply(one(RECORDS), labelled({ a: '1' }), 'm'),
    remove(one(RECORDS)),
    apply(one(RECORDS), labelled({ b: '2' }), 'n'),
    apply(one(RECORDS), labelled({}), 'm'),
    apply(one(RECORDS), labelled({}), 'n'),
  ],
  'apply the dry way, with a fence that does not hold': [
    apply(one(RECORDS), record({ uid: 'x', resourceVersion: '1' }), 'm', '&dryRun=All'),
    recorded,
    apply(one(RECORDS), record({ uid: 'x', resourceVersion: '1' }), 'm', '&dryRun=All'),
    apply(one(RECORDS), record({}, { data: { b: 1 } }), 'm', '&dryRun=All'),
    get(one(RECORDS)),
  ],
};

function containers(...names: readonly string[]): Json {
  return fleet({
    spec: { replicas: 1, template: { spec: { containers: names.map((name) => ({ name, image: 'app:1' })) } } },
  });
}
