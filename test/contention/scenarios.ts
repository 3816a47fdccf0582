// The scenarios of the contention suite: each has at least one test whose name begins with its number. The copy in
// docs/contention.md is compared with this.
import type { Scenario } from './report/report.ts';

export const SCENARIOS: readonly Scenario[] = [
  {
    id: 'C1',
    name: 'two reconciles both read no plan, then both write',
    expected: 'one 200, one 409, one plan id in each of 200 rounds; the loser writes nothing else',
  },
  { id: 'C2', name: 'a child write is held while a newer reconcile finishes', expected: '409 by the fence' },
  {
    id: 'C3',
    name: 'the spec is edited between the read and the status patch',
    expected: '409 though the status is untouched; reconciled again, quietly',
  },
  {
    id: 'C4',
    name: 'only a label is edited between the read and the status patch',
    expected: '409 though the status is untouched; reconciled again, quietly',
  },
  {
    id: 'C5',
    name: 'somebody else writes the status 10 times a second while images change',
    expected: '0 lost, the operator converges, at most one conflict per write',
  },
  { id: 'C6', name: '2, 8 and 32 locked writers of one counter', expected: '0 lost, at most 15 tries for a write' },
  { id: 'C7', name: 'the same without the lock: the control group', expected: 'must lose, or the harness is blind' },
  {
    id: 'C8',
    name: 'deleted, with our finalizer, while a child is about to be created',
    expected: 'no other child is created afterwards; all are gone in the end, the claims too',
  },
  {
    id: 'C9',
    name: 'the same without our finalizer',
    expected: 'no other child is created afterwards; what was created is collected, the claims stay',
  },
  {
    id: 'C10',
    name: 'somebody edits a foreign finalizer while ours is changed',
    expected: '409; ours changes, the foreign ones are as they were edited',
  },
  {
    id: 'C11',
    name: 'deleted and made anew under the same name while a write is held',
    expected: 'nothing of the old fleet is adopted or revived',
  },
  {
    id: 'C12',
    name: 'made anew while a child of the old fleet terminates',
    expected: 'waits, and never writes to it',
  },
  {
    id: 'C13',
    name: 'the caches hang on an API server that stands still (SIGSTOP), and what it shows is over',
    expected: 'a conflict each time; no member, no claim is removed',
  },
  {
    id: 'C14',
    name: 'started against a server that stood still while the fleet was deleted and made anew',
    expected: 'no claim is deleted; the new fleet is Ready',
  },
  {
    id: 'C16',
    name: 'the API server is killed 20 times under load',
    expected: 'nothing acknowledged is lost, no child is made twice',
  },
  {
    id: 'C17',
    name: 'etcd is killed, paused for 1 s and for 40 s under load',
    expected: 'nothing acknowledged is lost, no child is made twice',
  },
  {
    id: 'C18',
    name: 'etcd is compacted and the API server started again under load',
    expected: 'nothing acknowledged is lost, no child is made twice',
  },
  {
    id: 'C20',
    name: 'the leader is paused (SIGSTOP) in the middle of a write, and another takes over',
    expected: 'the late write is answered 409; the first ends within the renew deadline',
  },
  {
    id: 'C22',
    name: 'the API server answers 429 to every write for a while',
    expected: 'no more often asked than Retry-After says; then each effect once',
  },
  {
    id: 'C23',
    name: 'half of an answer arrives',
    expected: 'an unknown outcome: looked up again, each effect once',
  },
  {
    id: 'C24',
    name: 'the CRD does not know a field of the status',
    expected: 'no child is changed without a stored plan, the log names the field, at most 15 tries in 10 s; recovers',
  },
  {
    id: 'C25',
    name: 'the right to write the status is gone for 30 s',
    expected: 'no child is changed, at most 20 tries; recovers',
  },
  {
    id: 'C26',
    name: 'the namespace is deleted',
    expected: 'it goes; nothing is created in it, and no loop',
  },
  {
    id: 'C27',
    name: '1,000 fleets at rest, at a start of the operator and resync after resync',
    expected: '0 writes',
  },
  {
    id: 'C28',
    name: 'a watch handler throws',
    expected: 'it has the change again, and then the later ones, in order',
  },
  {
    id: 'C29',
    name: 'two versions of the operator that want different things',
    expected: 'only the leader writes; after the hand-over each difference once',
  },
  {
    id: 'C30',
    name: 'sizes change twice while no watch tells, and the version to go on from is over',
    expected: 'neither a member too few nor one too many',
  },
  {
    id: 'C31',
    name: 'while a member is down, the cache shows another as broken that is Ready again',
    expected: 'it is read live, and not stopped',
  },
];
