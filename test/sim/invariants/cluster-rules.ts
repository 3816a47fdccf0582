// What is asked while the cluster itself is not as usual: a CRD that lacks a field (`pruned`), a namespace that is being
// deleted (`namespace`).
import { NODE_DEPLOYMENT } from '../../../src/api/v1alpha1/node-deployment.ts';
import { EVENT } from '../../../src/kube/kinds.ts';
import type { Commit } from '../model/api-server.ts';
import { isObject } from '../model/document.ts';
import { IN_FLIGHT_MS } from './past.ts';
import { judged, type Verdict } from './rule.ts';
import { startedBy } from './start-rules.ts';

/** No operator's status loses a field in silence: what the CRD lacks at the time, `lackedField`, is in no patch that was accepted. */
export function droppedInSilence({ kind, write }: Commit, lackedField: string | undefined): Verdict {
  const isStatus = kind === NODE_DEPLOYMENT && write.subresource === 'status' && write.by.startsWith('operator');
  if (!isStatus || lackedField === undefined) return undefined;
  const sent = isObject(write.body?.['status']) ? write.body['status'] : {};
  const isSent = (sent[lackedField] ?? undefined) !== undefined;
  return judged(isSent && `status.${lackedField}, which the CRD lacks, was dropped in silence`);
}

/**
 * In a namespace that has been ending for so long no operator starts a member any more. What was on its way has a minute.
 * Undefined `endingForMs`: it is not ending.
 */
export function startInEndingNamespace(commit: Commit, endingForMs: number | undefined): Verdict {
  const isOperator = commit.write.by.startsWith('operator') && commit.kind !== EVENT;
  if (!isOperator || endingForMs === undefined) return undefined;
  const set = endingForMs > IN_FLIGHT_MS ? startedBy(commit) : undefined;
  const since = `${Math.round(endingForMs / 1000)} s after its namespace was deleted`;
  return judged(set && `${set.metadata.name} is started ${since}`);
}
