// What is asked while a CRD lacks a field, and while a namespace is being deleted: red for what an operator must not
// do, else green.
import { expect, test } from 'vitest';

import { NODE_DEPLOYMENT } from '../../../src/api/v1alpha1/node-deployment.ts';
import { LABEL } from '../../../src/api/v1alpha1/names.ts';
import { CLAIM, STATEFUL_SET, type Kind } from '../../../src/kube/kinds.ts';
import type { Commit, Write } from '../model/api-server.ts';
import type { Document, Json } from '../model/document.ts';
import { droppedInSilence, startInEndingNamespace } from './cluster-rules.ts';
import type { Verdict } from './rule.ts';

const OPERATOR = 'operator-a.1';

function commit(kind: Kind, object: Json, write: Partial<Write>, previous?: Json): Commit {
  const full = (more: Json): Document => ({
    ...more,
    ...{ apiVersion: 'v1', kind: kind.kind },
    metadata: {
      ...{ namespace: 'default', name: 'web-0', uid: 'u', resourceVersion: '2', creationTimestamp: '' },
      labels: { [LABEL.member]: 'web-0' },
    },
  });
  return {
    ...{ revision: 2, type: 'MODIFIED', kind, object: full(object) },
    previous: previous === undefined ? undefined : full(previous),
    write: { by: OPERATOR, verb: 'patch', ...write },
  };
}

const dropped = { broken: 'status.plan, which the CRD lacks, was dropped in silence' };

test.for<[name: string, sent: Json, by: string, lacked: string | undefined, verdict: Verdict]>([
  ['is red for an accepted patch of what the CRD lacks', { plan: { id: 'a' } }, OPERATOR, 'plan', dropped],
  ['is green for a patch of something else', { replicas: 1 }, OPERATOR, 'plan', 'kept'],
  ['is green for a patch that removes it', { plan: null }, OPERATOR, 'plan', 'kept'],
  ['says nothing of others', { plan: { id: 'a' } }, 'auditor', 'plan', undefined],
  ['says nothing of a whole CRD', { plan: { id: 'a' } }, OPERATOR, undefined, undefined],
])('the rule of a pruned CRD %s', ([, status, by, lacked, verdict]) => {
  const write = { by, subresource: 'status', body: { status } } as const;
  expect(droppedInSilence(commit(NODE_DEPLOYMENT, {}, write), lacked)).toEqual(verdict);
});

const [stopped, running] = [{ spec: { replicas: 0 } }, { spec: { replicas: 1 } }];
const started = { broken: 'web-0 is started 61 s after its namespace was deleted' };

test.for<[name: string, kind: Kind, before: Json, after: Json, endingForMs: number | undefined, verdict: Verdict]>([
  ['is red for a start', STATEFUL_SET, stopped, running, 61_000, started],
  ['is green for a stop', STATEFUL_SET, running, stopped, 61_000, 'kept'],
  ['is green for a start that was on its way', STATEFUL_SET, stopped, running, 60_000, 'kept'],
  ['is green for a claim', CLAIM, {}, {}, 61_000, 'kept'],
  ['says nothing of a namespace that stays', STATEFUL_SET, stopped, running, undefined, undefined],
])('the rule of an ending namespace %s', ([, kind, before, after, endingForMs, verdict]) => {
  expect(startInEndingNamespace(commit(kind, after, {}, before), endingForMs)).toEqual(verdict);
});
