// I5, I6, I8–I11, I12 of claims, I18: what an operator may write to children.
import { ANNOTATION, LABEL } from '../../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from '../../../src/api/v1alpha1/node-deployment.ts';
import { CLAIM, EVENT, type Claim } from '../../../src/kube/kinds.ts';
import type { Stored } from '../../../src/kube/object.ts';
import { controllerOf } from '../../../src/kube/owner-references.ts';
import { parseNano } from '../../../src/kube/quantity.ts';
import type { Commit } from '../model/api-server.ts';
import { isObject } from '../model/document.ts';
import { IN_FLIGHT_MS, type Past, revisionIn } from './past.ts';
import type { Rule } from './rule.ts';

const isChildWrite = ({ kind, write }: Commit): boolean =>
  write.by.startsWith('operator') && kind !== NODE_DEPLOYMENT && kind !== EVENT;

/** The uid of the NodeDeployment that an object says it belongs to. */
function ownerOf(object: Stored): string | undefined {
  return controllerOf(object)?.uid ?? object.metadata.annotations?.[ANNOTATION.deploymentUid];
}

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
  return isPlanned ? undefined : `${commit.object.metadata.name} moves to ${revision}, and no plan says so`;
};

export const I6: Rule = (commit, past) => {
  const revision = moveOf(commit);
  if (revision === undefined || !isMember(commit)) return undefined;
  const { uid, name } = commit.object.metadata;
  const [last, index] = [past.planOfSet.get(uid) ?? -1, past.planIndex(ownerOf(commit.object) ?? '', revision)];
  past.planOfSet.set(uid, Math.max(last, index));
  return index < last ? `${name} goes back to ${revision}, of an older plan` : undefined;
};

export const I8: Rule = (commit, past, atMs) => {
  const { kind, object, previous, write } = commit;
  const isDeletion = commit.type === 'DELETED' || object.metadata.deletionTimestamp !== undefined;
  const wasDeleted = previous?.metadata.deletionTimestamp !== undefined;
  if (kind !== CLAIM || !isDeletion || wasDeleted) return undefined;
  if (write.by === 'garbage-collector') return `the garbage collector takes claim ${object.metadata.name}`;
  if (!isChildWrite(commit)) return undefined;
  const policies = past.policiesOf(object.metadata.annotations?.[ANNOTATION.deploymentUid] ?? '', atMs);
  const allows = policies.some(({ isTerminating, onDelete, onScaleDown }) =>
    isTerminating ? onDelete === 'Delete' : onScaleDown === 'Delete' || onDelete === 'Delete',
  );
  return allows ? undefined : `claim ${object.metadata.name} is deleted under Retain`;
};

export const I9: Rule = (commit, past) => {
  if (!isChildWrite(commit) || commit.write.verb !== 'delete') return undefined;
  const { preconditions } = commit.write.body ?? {};
  const sent = isObject(preconditions) ? preconditions['uid'] : undefined;
  const target = commit.previous ?? commit.object;
  const { uid, name } = target.metadata;
  if (sent !== uid) return `${name} of uid ${uid} is deleted by uid ${String(sent)}`;
  const owner = ownerOf(target);
  const isOurs = owner !== undefined && (past.deployments.has(owner) || past.goneAt.has(owner));
  return isOurs ? undefined : `${name} of ${owner ?? 'nobody'} is deleted`;
};

export const I10: Rule = (commit) => {
  if (!isChildWrite(commit) || commit.previous === undefined || commit.kind === CLAIM) return undefined;
  const [before, after] = [controllerOf(commit.previous)?.uid, controllerOf(commit.object)?.uid];
  const { name } = commit.object.metadata;
  return before === undefined || before === after
    ? undefined
    : `${name} of ${before} is adopted by ${after ?? 'nobody'}`;
};

export const I11: Rule = (commit, past, atMs) => {
  if (!isChildWrite(commit) || commit.type !== 'ADDED') return undefined;
  const owner = ownerOf(commit.object);
  if (owner === undefined) return `${commit.object.metadata.name} is made for nobody`;
  const { name } = commit.object.metadata;
  if (past.released.has(`${commit.write.by} ${owner}`)) return `${name} is made for ${owner}, which was let go`;
  const goneAt = past.goneAt.get(owner);
  return goneAt !== undefined && atMs - goneAt > IN_FLIGHT_MS ? `${name} is made for ${owner}, long gone` : undefined;
};

export const I12_CLAIM: Rule = (commit) => {
  if (!isChildWrite(commit) || commit.kind !== CLAIM || commit.previous === undefined) return undefined;
  const [before, after] = [commit.previous, commit.object].map(requestOf);
  return (after ?? 0n) < (before ?? 0n) ? `claim ${commit.object.metadata.name} asks for less` : undefined;
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
  if (past.moved.has(step)) return `plan ${plan?.id} moves ${name} twice`;
  past.moved.add(step);
  return undefined;
};

export type { Past };
