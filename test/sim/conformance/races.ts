// Two requests at the same moment. Which of them is first is not known: what a real server answers has to be one of the
// two things that the model answers, one for each order.
//
// Not here: what races with the end of an object that has or gets a finalizer. A real server ends it in two steps, and
// what is written between them is answered with 200 and gone; that is one of the model's lies.
import {
  type Ask,
  FLEETS,
  HOLD,
  LEASES,
  RECORDS,
  apply,
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
  status,
} from './steps.ts';

export interface Race {
  readonly name: string;
  readonly before: readonly Ask[];
  readonly pair: readonly [Ask, Ask];
  /** Asked when both were answered. */
  readonly after: Ask;
}

const label = (value: string): Ask => merge(one(FLEETS), { metadata: { labels: { a: value } } });
const statusOn = (index: number, value: string): Ask => merge(status(one(FLEETS)), locked(index, ready(value)));
const scale = (replicas: number): Ask => merge(one(FLEETS), { spec: { replicas } });
const heldFleet = apply(one(FLEETS), fleet({ metadata: { name: 'a', finalizers: [HOLD] } }));
const renew = (holder: string): Ask =>
  put(one(LEASES), (said) => lease({ resourceVersion: said[0]?.resourceVersion }, { holderIdentity: holder }));
const fenced = (value: string): Ask =>
  apply(one(RECORDS), (said) => record({ ...lock(0)(said), labels: { a: value } }), value);

const onFleet = (before: readonly Ask[], left: Ask, right: Ask): Omit<Race, 'name'> => ({
  before,
  pair: [left, right],
  after: get(one(FLEETS)),
});
const onRecord = (before: readonly Ask[], left: Ask, right: Ask): Omit<Race, 'name'> => ({
  before,
  pair: [left, right],
  after: get(one(RECORDS)),
});

export const RACES: readonly Race[] = Object.entries<Omit<Race, 'name'>>({
  'two locked statuses': onFleet([made], statusOn(0, 'True'), statusOn(0, 'False')),
  'a locked status and a spec': onFleet([made], statusOn(0, 'True'), scale(3)),
  'a locked status and a label': onFleet([made], statusOn(0, 'True'), label('b')),
  'a locked status and a deletion': onFleet([made], statusOn(0, 'True'), remove(one(FLEETS))),
  'a locked status and the deletion of what is held': onFleet([heldFleet], statusOn(0, 'True'), remove(one(FLEETS))),
  'two labels without a lock': onFleet(
    [made],
    merge(one(FLEETS), { metadata: { labels: { a: '1' } } }),
    merge(one(FLEETS), { metadata: { labels: { b: '2' } } }),
  ),
  'two edits of one field': onFleet([made], scale(2), scale(3)),
  'two statuses without a lock': onFleet(
    [made],
    merge(status(one(FLEETS)), ready('True')),
    merge(status(one(FLEETS)), ready('False')),
  ),
  'two creates': onRecord([], post(RECORDS, record()), post(RECORDS, record())),
  'two applies as absent': onRecord(
    [],
    apply(one(RECORDS), record({ resourceVersion: '1', labels: { a: '1' } }), 'm'),
    apply(one(RECORDS), record({ resourceVersion: '1', labels: { a: '2' } }), 'n'),
  ),
  'two fenced applies': onRecord([recorded], fenced('m'), fenced('n')),
  'a fenced apply and a deletion': onRecord([recorded], fenced('m'), remove(one(RECORDS))),
  'two applies without a fence': onRecord(
    [recorded],
    apply(one(RECORDS), record({ labels: { a: '1' } }), 'n'),
    apply(one(RECORDS), record({ labels: { b: '2' } }), 'o'),
  ),
  'two deletions by uid': onRecord([recorded], remove(one(RECORDS), lock(0)), remove(one(RECORDS), lock(0))),
  'a deletion by version and a label': onRecord(
    [recorded],
    remove(one(RECORDS), lock(0)),
    merge(one(RECORDS), { metadata: { labels: { a: 'b' } } }),
  ),
  'a deletion and a create': onRecord([recorded], remove(one(RECORDS)), post(RECORDS, record())),
  'two that take one Lease': {
    before: [post(LEASES, lease())],
    pair: [renew('y'), renew('z')],
    after: get(one(LEASES)),
  },
}).map(([name, race]) => ({ name, ...race }));
