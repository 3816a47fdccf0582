// What a version in a request is worth: by kind of write, by kind of object, current, stale, future, empty, or no
// version at all.
import type { Json } from '../../model/document.ts';
import type { Answer } from '../answer.ts';
import {
  type Corpus,
  CLAIMS,
  FLEETS,
  LEASES,
  RECORDS,
  SERVICES,
  apply,
  claim,
  claimed,
  fleet,
  get,
  lease,
  lock,
  locked,
  made,
  merge,
  one,
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

const at = (version: unknown, body: Json = {}): Json => ({ metadata: { resourceVersion: version }, ...body });
const label = (value: string): Json => ({ metadata: { labels: { a: value } } });
const labelled = (lockOf: (said: readonly Answer[]) => Json, value: string) => (said: readonly Answer[]) => ({
  metadata: { ...lockOf(said), labels: { a: value } },
});
const later = (said: readonly Answer[]): Json => ({
  metadata: { resourceVersion: `${Number(said[0]?.resourceVersion) + 1_000_000}` },
});
const leased = post(LEASES, lease());

export const LOCKS: Corpus = {
  'patch a status with an empty version': [made, merge(status(one(FLEETS)), at('', ready('True')))],
  'patch a status with a null version': [made, merge(status(one(FLEETS)), at(null, ready('True')))],
  'patch a status with version 0': [made, merge(status(one(FLEETS)), at('0', ready('True')))],
  'patch a status with a version that is no number': [made, merge(status(one(FLEETS)), at('abc', ready('True')))],
  'patch a status with a future version': [made, merge(status(one(FLEETS)), later), get(one(FLEETS))],
  'patch a spec with an empty version': [made, merge(one(FLEETS), at('', label('b')))],
  'patch a status under a version that only a label has made stale, with nothing new': [
    made,
    merge(status(one(FLEETS)), ready('True')),
    merge(one(FLEETS), label('b')),
    merge(status(one(FLEETS)), locked(1, ready('True'))),
    get(one(FLEETS)),
  ],
  'patch a status under a version that only a spec has made stale': [
    made,
    merge(one(FLEETS), { spec: { replicas: 4 } }),
    merge(status(one(FLEETS)), locked(0, ready('True'))),
    merge(status(one(FLEETS)), locked(1, ready('True'))),
  ],
  'patch a status three times, each on the last': [
    made,
    merge(status(one(FLEETS)), locked(0, ready('True'))),
    merge(status(one(FLEETS)), locked(1, ready('False'))),
    merge(status(one(FLEETS)), locked(2, ready('True'))),
    merge(status(one(FLEETS)), locked(1, ready('Unknown'))),
    get(one(FLEETS)),
  ],
  'patch a label under the version of a status': [
    made,
    merge(status(one(FLEETS)), ready('True')),
    merge(one(FLEETS), labelled(lock(0), 'b')),
    merge(one(FLEETS), labelled(lock(1), 'c')),
  ],
  'patch a record with a lock': [
    recorded,
    merge(one(RECORDS), labelled(lock(0), 'b')),
    merge(one(RECORDS), labelled(lock(0), 'c')),
    merge(one(RECORDS), labelled(lock(1), 'd')),
    get(one(RECORDS)),
  ],
  'patch a record under a stale version, with nothing new': [
    recorded,
    merge(one(RECORDS), label('b')),
    merge(one(RECORDS), labelled(lock(0), 'b')),
  ],
  'patch a record with a null version': [recorded, merge(one(RECORDS), at(null)), get(one(RECORDS))],
  'patch a claim with a lock': [
    claimed,
    merge(one(CLAIMS), labelled(lock(0), 'b')),
    merge(one(CLAIMS), labelled(lock(0), 'c')),
  ],
  'patch a Service with a lock': [
    served,
    merge(one(SERVICES), labelled(lock(0), 'b')),
    merge(one(SERVICES), labelled(lock(0), 'c')),
  ],
  'replace a fleet without a version': [made, put(one(FLEETS), fleet({ spec: { ...specOf(2) } }))],
  'replace a record without a version': [
    recorded,
    put(one(RECORDS), record({ labels: { a: 'b' } })),
    get(one(RECORDS)),
  ],
  'replace a record under a stale version': [
    recorded,
    merge(one(RECORDS), label('b')),
    put(one(RECORDS), (said) => record({ resourceVersion: said[0]?.resourceVersion })),
    put(one(RECORDS), (said) => record({ resourceVersion: said[1]?.resourceVersion })),
  ],
  'replace a record with the same': [
    recorded,
    put(one(RECORDS), (said) => record({ resourceVersion: said[0]?.resourceVersion })),
  ],
  'replace a record of another uid': [
    recorded,
    put(one(RECORDS), (said) => record({ uid: 'x', resourceVersion: said[0]?.resourceVersion })),
  ],
  'replace what is not there': [
    put(one(FLEETS), fleet({ metadata: { name: 'a', resourceVersion: '5' } })),
    put(one(RECORDS), record()),
    put(one(CLAIMS), claim()),
  ],
  'replace a status': [
    made,
    put(status(one(FLEETS)), (said) => ({ ...fleet({ metadata: { name: 'a', ...lock(0)(said) } }), ...ready('True') })),
    put(status(one(FLEETS)), (said) => ({
      ...fleet({ metadata: { name: 'a', ...lock(0)(said) } }),
      ...ready('False'),
    })),
    get(one(FLEETS)),
  ],
  'replace a status with a spec in it': [
    made,
    put(status(one(FLEETS)), (said) => ({
      ...fleet({ metadata: { name: 'a', labels: { a: 'b' }, ...lock(0)(said) }, spec: specOf(9) }),
      ...ready('True'),
    })),
  ],
  'renew a Lease': [
    leased,
    put(one(LEASES), (said) =>
      lease({ resourceVersion: said[0]?.resourceVersion }, { holderIdentity: 'x', leaseTransitions: 1 }),
    ),
    put(one(LEASES), (said) => lease({ resourceVersion: said[0]?.resourceVersion }, { holderIdentity: 'y' })),
    put(one(LEASES), (said) => lease({ resourceVersion: said[1]?.resourceVersion }, { holderIdentity: 'y' })),
    get(one(LEASES)),
  ],
  'take a Lease twice': [leased, leased, get(one(LEASES))],
  'release a Lease with a lock': [
    leased,
    merge(one(LEASES), (said) => ({ ...at(said[0]?.resourceVersion), spec: { holderIdentity: null } })),
    merge(one(LEASES), (said) => ({ ...at(said[0]?.resourceVersion), spec: { holderIdentity: 'y' } })),
  ],
  'apply a fleet with the fence': [
    made,
    apply(one(FLEETS), (said) => fleet({ metadata: { name: 'a', ...lock(0)(said) }, spec: specOf(2) })),
    apply(one(FLEETS), (said) => fleet({ metadata: { name: 'a', ...lock(0)(said) }, spec: specOf(3) })),
    get(one(FLEETS)),
  ],
  'apply a Service with a stale version': [
    served,
    merge(one(SERVICES), label('b')),
    apply(one(SERVICES), (said) => service(lock(0)(said))),
    apply(one(SERVICES), (said) => service(lock(1)(said))),
  ],
  'apply a claim with a stale version': [
    claimed,
    merge(one(CLAIMS), label('b')),
    apply(one(CLAIMS), (said) => claim(lock(0)(said))),
    apply(one(CLAIMS), (said) => claim(lock(1)(said))),
  ],
  'apply as absent, twice': [
    apply(one(CLAIMS), claim({ resourceVersion: '1' })),
    apply(one(CLAIMS), claim({ resourceVersion: '1' })),
    apply(one(SERVICES), service({ resourceVersion: '1' })),
    apply(one(SERVICES), service({ resourceVersion: '1' })),
  ],
  'write to a fleet made anew, under the versions of the former': [
    made,
    remove(one(FLEETS)),
    made,
    merge(one(FLEETS), labelled(lock(0), 'b')),
    apply(one(FLEETS), (said) => fleet({ metadata: { name: 'a', ...lock(0)(said) } })),
    put(one(FLEETS), (said) => fleet({ metadata: { name: 'a', ...lock(0)(said) } })),
    remove(one(FLEETS), lock(0)),
    get(one(FLEETS)),
  ],
};

function specOf(replicas: number): Json {
  return { replicas, template: { spec: { containers: [{ name: 'app', image: 'app:1' }] } } };
}
