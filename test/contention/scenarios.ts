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
    id: 'C11',
    name: 'deleted and made anew under the same name while a write is held',
    expected: 'nothing of the old fleet is adopted or revived',
  },
  {
    id: 'C12',
    name: 'made anew while a child of the old fleet terminates',
    expected: 'waits, and never writes to it',
  },
];
