// I1–I4, I12, I20, I21: what an operator may write to a NodeDeployment.
import { CONDITION } from '../../../src/api/v1alpha1/conditions.ts';
import { FINALIZER } from '../../../src/api/v1alpha1/names.ts';
import {
  NODE_DEPLOYMENT,
  type Condition,
  type StoredNodeDeployment,
} from '../../../src/api/v1alpha1/node-deployment.ts';
import { isObject, isSame, type Json } from '../model/document.ts';
import { judged, type Rule } from './rule.ts';

const OURS = new Set<string>(Object.values(CONDITION));
const MAX_STATUS_BYTES = 128 * 1024;
/** A loop writes hundreds; the operator reports each change that it sees, so a busy second has some ten. */
const RATE_WINDOW_MS = 5_000;
const RATE_WRITES = 50;

interface Pair {
  readonly before: StoredNodeDeployment;
  readonly after: StoredNodeDeployment;
}

/** An operator's write to a NodeDeployment that was there: what it was, and what it is. */
const operatorWrite: (commit: Parameters<Rule>[0]) => Pair | undefined = ({ kind, previous, object, write }) =>
  kind === NODE_DEPLOYMENT && previous !== undefined && write.by.startsWith('operator')
    ? { before: previous as unknown as StoredNodeDeployment, after: object as unknown as StoredNodeDeployment }
    : undefined;

const metaIn = (body: Json | undefined): Json => (isObject(body?.['metadata']) ? body['metadata'] : {});

export const I1: Rule = (commit) => {
  const pair = operatorWrite(commit);
  if (pair === undefined) return undefined;
  const sent = metaIn(commit.write.body)['resourceVersion'];
  const { resourceVersion } = pair.before.metadata;
  return judged(sent !== resourceVersion && `written under version ${String(sent)}, over version ${resourceVersion}`);
};

export const I2: Rule = (commit) => {
  const pair = operatorWrite(commit);
  if (pair === undefined || commit.write.subresource !== 'status') return undefined;
  const { uid, generation } = pair.before.metadata;
  const sent = metaIn(commit.write.body)['uid'];
  if (sent !== uid) return { broken: `a status computed for uid ${String(sent)} is stored in ${uid}` };
  const observed = pair.after.status?.observedGeneration;
  return judged(observed !== generation && `a status of generation ${observed} is stored at generation ${generation}`);
};

export const I3: Rule = (commit) => {
  const pair = operatorWrite(commit);
  const foreign = (pair?.before.status?.conditions ?? []).filter(({ type }) => !OURS.has(type));
  if (pair === undefined || foreign.length === 0) return undefined;
  const after = pair.after.status?.conditions ?? [];
  const lost = foreign.find(
    (one) =>
      !isSame(
        one,
        after.find(({ type }) => type === one.type),
      ),
  );
  return judged(lost && `the condition ${lost.type} of somebody else is lost`);
};

export const I4: Rule = (commit, past) => {
  const pair = operatorWrite(commit);
  const plan = pair?.after.status?.plan;
  if (pair === undefined || plan === undefined) return undefined;
  const { uid } = pair.after.metadata;
  const before = pair.before.status?.plan;
  if (before?.phase === 'Active' && before.id !== plan.id)
    return { broken: `plan ${before.id} gave way to ${plan.id} while Active` };
  const content = `${plan.generation} ${plan.purpose} ${plan.targetRevision}`;
  const other = past.plans.find((one) => one.uid === uid && (one.id === plan.id) !== (one.content === content));
  return judged(
    other && `plan ${plan.id} (${content}) and plan ${other.id} (${other.content}) are not told apart by content`,
  );
};

export const I12: Rule = (commit) => {
  const pair = operatorWrite(commit);
  if (pair === undefined) return undefined;
  const [before, after] = [pair.before.status, pair.after.status];
  if ((after?.observedGeneration ?? 0) < (before?.observedGeneration ?? 0)) {
    return { broken: `observedGeneration went back to ${after?.observedGeneration}` };
  }
  const moved = (after?.conditions ?? []).find((one) => {
    const was = before?.conditions?.find(({ type }) => type === one.type);
    return was !== undefined && was.status === one.status && was.lastTransitionTime !== one.lastTransitionTime;
  });
  return judged(moved && describeMove(moved));
};

function describeMove({ type, status, lastTransitionTime }: Condition): string {
  return `condition ${type} is ${status} as before, since ${lastTransitionTime}`;
}

export const I20: Rule = (commit) => {
  const pair = operatorWrite(commit);
  if (pair === undefined || commit.type === 'DELETED') return undefined;
  const foreign = (pair.before.metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
  if (foreign.length === 0) return undefined;
  const after = new Set(pair.after.metadata.finalizers);
  const lost = foreign.find((name) => !after.has(name));
  return judged(lost && `the finalizer ${lost} of somebody else is gone`);
};

export const I21: Rule = (commit, past, atMs) => {
  const pair = operatorWrite(commit);
  if (pair === undefined || commit.write.subresource !== 'status') return undefined;
  const bytes = JSON.stringify(pair.after.status).length;
  if (bytes > MAX_STATUS_BYTES) return { broken: `a status of ${bytes} bytes` };
  const { uid } = pair.after.metadata;
  const { by } = commit.write;
  // Two operators that see different things contradict each other until the slower one has caught up: that is no loop of one.
  const own = past.statusWrites.get(uid) ?? { by, atMs: [] };
  const recent = own.by === by ? own.atMs.filter((at) => at > atMs - RATE_WINDOW_MS) : [];
  past.statusWrites.set(uid, { by, atMs: [...recent, atMs] });
  const writes = recent.length + 1;
  return judged(writes > RATE_WRITES && `${writes} status writes in ${RATE_WINDOW_MS / 1000} s`);
};
