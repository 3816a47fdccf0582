// I5, I6, I8–I11, I12 of claims, I18: what an operator may write to children.
import { ANNOTATION, LABEL } from '../../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from '../../../src/api/v1alpha1/node-deployment.ts';
import { CLAIM, EVENT, LEASE, type Claim } from '../../../src/kube/kinds.ts';
import type { Stored } from '../../../src/kube/object.ts';
import { controllerOf } from '../../../src/kube/owner-references.ts';
import { parseNano } from '../../../src/kube/quantity.ts';
import type { Commit } from '../model/api-server.ts';
import { isObject } from '../model/document.ts';
import { IN_FLIGHT_MS, type Past, revisionIn } from './past.ts';
import { judged, type Rule } from './rule.ts';

const isChildWrite = ({ kind, write }: Commit): boolean =>
  write.by.startsWith('operator') && kind !== NODE_DEPLOYMENT && kind !== EVENT && kind !== LEASE;

/** The uid of the NodeDeployment that an object says it belongs to. */
function ownerOf(object: Stored): string | undefined {
  return controllerOf(object)?.uid ?? object.metadata.annotations?.[ANNOTATION.deploymentUid];
}

/** The ordinal of the member whose own StatefulSet, Service or claim it is; undefined for anything else. */
function ordinalOf({ kind, metadata: { name, labels } }: Stored): number | undefined {
  if (labels?.[LABEL.member] !== name || !OF_A_MEMBER.has(kind ?? '')) return undefined;
  return Number(name.slice(name.lastIndexOf('-') + 1));
}

const OF_A_MEMBER = new Set(['StatefulSet', 'Service', 'PersistentVolumeClaim']);

/** The revision that an operator moves an existing StatefulSet to. */
function moveOf(commit: Commit): string | undefined {
  if (!isChildWrite(commit) || commit.type !== 'MODIFIED' || commit.previous === undefined) return undefined;
  const revision = revisionIn(commit);
  return revision === revisionIn({ ...commit, object: commit.previous }) ? undefined : revision;
}

/** A member whose template moves; a surge pod and a follower have no plan of their own. */
const isMember = ({ object }: Commit): boolean =>
  object.metadata.labels?.[LABEL.member] !== undefined && object.metadata.labels[LABEL.surge] === undefined;

export const I5: Rule = (commit, past) => {
  const revision = moveOf(commit);
  if (revision === undefined || !isMember(commit)) return undefined;
  const isPlanned = past.planIndex(ownerOf(commit.object) ?? '', revision) >= 0;
  return judged(!isPlanned && `${commit.object.metadata.name} moves to ${revision}, and no plan says so`);
};

export const I6: Rule = (commit, past) => {
  const revision = moveOf(commit);
  if (revision === undefined || !isMember(commit)) return undefined;
  const { uid, name } = commit.object.metadata;
  const [last, index] = [past.planOfSet.get(uid) ?? -1, past.planIndex(ownerOf(commit.object) ?? '', revision)];
  past.planOfSet.set(uid, Math.max(last, index));
  return judged(index < last && `${name} goes back to ${revision}, of an older plan`);
};

export const I8: Rule = (commit, past, atMs) => {
  const { kind, object, previous, write } = commit;
  const isDeletion = commit.type === 'DELETED' || object.metadata.deletionTimestamp !== undefined;
  const wasDeleted = previous?.metadata.deletionTimestamp !== undefined;
  if (kind !== CLAIM || !isDeletion || wasDeleted) return undefined;
  if (write.by === 'garbage-collector') return { broken: `the garbage collector takes claim ${object.metadata.name}` };
  if (!isChildWrite(commit)) return undefined;
  const policies = past.wishesOf(object.metadata.annotations?.[ANNOTATION.deploymentUid] ?? '', atMs);
  const allows = policies.some(({ isTerminating, onDelete, onScaleDown }) =>
    isTerminating ? onDelete === 'Delete' : onScaleDown === 'Delete' || onDelete === 'Delete',
  );
  return judged(!allows && `claim ${object.metadata.name} is deleted under Retain`);
};

export const I9: Rule = (commit, past, atMs) => {
  if (!isChildWrite(commit) || commit.write.verb !== 'delete') return undefined;
  const { preconditions } = commit.write.body ?? {};
  const sent = isObject(preconditions) ? preconditions['uid'] : undefined;
  const target = commit.previous ?? commit.object;
  const { uid, name } = target.metadata;
  if (sent !== uid) return { broken: `${name} of uid ${uid} is deleted by uid ${String(sent)}` };
  const owner = ownerOf(target);
  const goneAt = past.goneAt.get(owner ?? '') ?? -Infinity;
  const isOurs = owner !== undefined && (past.deployments.has(owner) || atMs - goneAt <= IN_FLIGHT_MS);
  if (!isOurs) return { broken: `${name} of ${owner ?? 'nobody'} is deleted` };
  const ordinal = ordinalOf(target);
  const isWanted = ordinal !== undefined && past.isWantedThroughout(owner, ordinal, atMs);
  return judged(isWanted && `${name} is deleted, and member ${ordinal} has been wanted all the time`);
};

export const I10: Rule = (commit) => {
  if (!isChildWrite(commit) || commit.previous === undefined || commit.kind === CLAIM) return undefined;
  const [before, after] = [controllerOf(commit.previous)?.uid, controllerOf(commit.object)?.uid];
  if (before === undefined) return undefined;
  return judged(before !== after && `${commit.object.metadata.name} of ${before} is adopted by ${after ?? 'nobody'}`);
};

export const I11: Rule = (commit, past, atMs) => {
  if (!isChildWrite(commit) || commit.type !== 'ADDED') return undefined;
  const owner = ownerOf(commit.object);
  if (owner === undefined) return { broken: `${commit.object.metadata.name} is made for nobody` };
  const { name } = commit.object.metadata;
  if (past.released.has(`${commit.write.by} ${owner}`))
    return { broken: `${name} is made for ${owner}, which was let go` };
  const endedAt = past.goneAt.get(owner) ?? past.terminatingSince(owner);
  const isLate = endedAt !== undefined && atMs - endedAt > IN_FLIGHT_MS;
  return judged(isLate && `${name} is made for ${owner}, which has long been deleted`);
};

export const I12_CLAIM: Rule = (commit) => {
  if (!isChildWrite(commit) || commit.kind !== CLAIM || commit.previous === undefined) return undefined;
  const [before, after] = [commit.previous, commit.object].map(requestOf);
  return judged((after ?? 0n) < (before ?? 0n) && `claim ${commit.object.metadata.name} asks for less`);
};

function requestOf(object: unknown): bigint | undefined {
  return parseNano((object as Claim).spec?.resources?.requests?.['storage'] ?? '0');
}

export const I18: Rule = (commit, past) => {
  const revision = moveOf(commit);
  if (revision === undefined || !isMember(commit)) return undefined;
  const owner = ownerOf(commit.object) ?? '';
  const plan = past.plans[past.planIndex(owner, revision)];
  const { uid, name } = commit.object.metadata;
  const step = `${plan?.id} ${uid}`;
  if (past.moved.has(step)) return { broken: `plan ${plan?.id} moves ${name} twice` };
  past.moved.add(step);
  return 'kept';
};

export type { Past };
