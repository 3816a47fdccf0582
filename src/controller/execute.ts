// Step 5 of a reconcile: the only code that changes children. It carries out a plan that broke no invariant.
//
// Guarantees: before the first write of a child the NodeDeployment is read live, unless a locked write of it has just
// succeeded, and again every few seconds; if it is not exactly the version that the plan was made from, nothing more is
// written. Each child write carries the uid and version that the child was read at, each delete the uid found by a live
// read. So a stale plan ends in a conflict, never in an overwrite. One write follows the other, but for members that are
// made anew (turns.ts).
//
// Errors: a Conflict where anything has moved on (thrown as `StaleRead` or ApiError 409). A refusal (403, 422) is part
// of the Outcome and ends that member's turn; any other error is thrown and ends the plan.
import { FINALIZER } from '../api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import {
  type Action,
  type Apply,
  type ChangeFinalizer,
  type Delete,
  type Plan,
  isQuestion,
} from '../domain/actions.ts';
import type { Desired } from '../domain/desired/desire.ts';
import { brokenInvariants } from '../domain/invariants.ts';
import type { Observed } from '../domain/observed.ts';
import type { Outcome, Refusal } from '../domain/outcome.ts';
import { CLAIM, CRON_JOB, JOB } from '../kube/kinds.ts';
import { formatKey, keyOf } from '../kube/object.ts';
import { controllerOf } from '../kube/owner-references.ts';
import {
  type ApiError,
  isForbidden,
  isInvalid,
  isNotFound,
  isQuotaExceeded,
  isUnknownOutcome,
} from '../runtime/client/api-error.ts';
import type { ObjectReader, ObjectWriter } from '../runtime/client/interfaces.ts';
import type { Clock } from '../runtime/clock.ts';
import type { LogFields, Logger } from '../runtime/log.ts';
import { StaleFleet, StaleRead } from './stale-read.ts';
import { takeTurns, turnsOf } from './turns.ts';
import type { OwnWrites } from '../runtime/cache/own-writes.ts';

export interface Executed {
  readonly outcome: Outcome;
  /** The NodeDeployment after our own finalizer change; else as it was. The base of the status patch. */
  readonly deployment: StoredNodeDeployment;
}

/** @param currentAtMs when the observed NodeDeployment is known to have been the newest, after its children were read */
export type Execute = (
  plan: Plan,
  desired: Desired,
  observed: Observed,
  log: Logger,
  currentAtMs?: number,
) => Promise<Executed>;

type Write = Apply | Delete | ChangeFinalizer;

export interface ExecuteOptions {
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  readonly ownWrites: OwnWrites;
  readonly clock: Clock;
}

/**
 * Milliseconds that a plan is carried out on one read of its NodeDeployment. A long one is not finished for a spec that
 * has moved on, nor beside the shard that the fleet was given to: less than a lease (15 s) by far.
 */
const CURRENT_MS = 3_000;

export function createExecute({ reader, writer, ownWrites, clock }: ExecuteOptions): Execute {
  return async (plan, desired, observed, log, currentAtMs = -Infinity) => {
    const broken = brokenInvariants(plan, desired, observed);
    if (broken.length > 0) throw new Error(`execute: the plan breaks ${broken.join('; ')}`);
    const writes = plan.actions.filter(isWrite);
    const refused = new Map<Write, Refusal>();
    const blocked = new Set<string>();
    let { deployment } = observed;
    let provenAtMs = currentAtMs;
    const write = async (action: Write): Promise<void> => {
      const atMs = clock.monotonic();
      if (isFinalizerChange(action)) {
        log.info({ step: 'execute', ...describe(action) }, 'writing');
        deployment = await changeFinalizer(writer, deployment, action);
        provenAtMs = atMs;
        return;
      }
      if (blocked.has(action.member)) return;
      if (atMs - provenAtMs >= CURRENT_MS) {
        await assertCurrent(reader, deployment);
        provenAtMs = atMs;
      }
      log.info({ step: 'execute', ...describe(action) }, 'writing');
      const refusal = await orRefusal(action, () => carryOut(reader, writer, ownWrites, deployment, action));
      if (refusal === undefined) return;
      refused.set(action, refusal);
      if (refusal.isAside !== true && (action.type === 'Delete' || action.purpose !== 'Resize'))
        blocked.add(action.member);
    };
    for (const turns of turnsOf(writes, deployment.metadata.name)) await takeTurns(turns, write);
    // In the order of the plan, whichever was answered first: what is told of them stays the same.
    return { outcome: { refusals: writes.flatMap((action) => refused.get(action) ?? []) }, deployment };
  };
}

function isWrite(action: Action): action is Write {
  return action.type !== 'Wait' && !isQuestion(action);
}

function isFinalizerChange(action: Write): action is ChangeFinalizer {
  return action.type === 'AddFinalizer' || action.type === 'RemoveFinalizer';
}

function describe(action: Write): LogFields {
  if (isFinalizerChange(action)) return { action: action.type };
  const what = action.type === 'Apply' ? action.purpose : action.type;
  return { action: what, kind: action.kind.kind, member: action.member };
}

/** The fence around all children: no reconcile of a newer spec can have acted before ours, or this fails. */
async function assertCurrent(reader: ObjectReader, { metadata, ...rest }: StoredNodeDeployment): Promise<void> {
  const key = keyOf({ metadata, ...rest });
  const live = await reader.getMetadata(NODE_DEPLOYMENT, key);
  if (live?.uid === metadata.uid && live.resourceVersion === metadata.resourceVersion) return;
  throw new StaleFleet(`NodeDeployment ${formatKey(key)} has moved on since it was read`);
}

async function changeFinalizer(
  writer: ObjectWriter,
  deployment: StoredNodeDeployment,
  { type }: ChangeFinalizer,
): Promise<StoredNodeDeployment> {
  const others = (deployment.metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
  const finalizers = type === 'AddFinalizer' ? [...others, FINALIZER] : others;
  try {
    const stored = await writer.patchFinalizers(NODE_DEPLOYMENT, deployment, finalizers);
    return { ...deployment, metadata: stored.metadata };
  } catch (error) {
    // Our last reconcile has let it go, and the cache has not seen it yet.
    if (isNotFound(error)) throw new StaleFleet(`NodeDeployment ${formatKey(keyOf(deployment))} is gone`);
    throw error;
  }
}

async function carryOut(
  reader: ObjectReader,
  writer: ObjectWriter,
  ownWrites: OwnWrites,
  deployment: StoredNodeDeployment,
  action: Apply | Delete,
): Promise<void> {
  const owner = keyOf(deployment);
  try {
    if (action.type === 'Delete') {
      await remove(reader, writer, deployment, action);
      ownWrites.expectDeleted(owner, action.kind, action.key, action.uid);
    } else {
      const stored = await writer.apply(action.kind, action.object, action.fence, action.fieldManager);
      ownWrites.expect(owner, action.kind, stored);
    }
  } catch (error) {
    // A timeout is often a success: the next reconcile looks live instead of concluding anything from the cache.
    if (isUnknownOutcome(error)) ownWrites.doubt(owner);
    throw error;
  }
}

/** A cached view never authorises a delete: the object is read live, and has to be the very one. */
async function remove(
  reader: ObjectReader,
  writer: ObjectWriter,
  deployment: StoredNodeDeployment,
  { kind, key, uid, controllerUid = deployment.metadata.uid }: Delete,
): Promise<void> {
  const live = await reader.get(kind, key);
  if (live === undefined) return;
  // A child may have been orphaned since it was cached; claims have no owner at any time.
  const isOurs = kind === CLAIM || controllerOf(live)?.uid === controllerUid;
  if (live.metadata.uid !== uid || !isOurs)
    throw new StaleRead(`${kind.kind} ${formatKey(key)} is not the one that was read`);
  const { resourceVersion } = live.metadata;
  await writer.delete(kind, key, kind === CLAIM ? { uid, resourceVersion } : { uid });
}

async function orRefusal(action: Apply | Delete, write: () => Promise<void>): Promise<Refusal | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    if (!isForbidden(error) && !isInvalid(error)) throw error;
    const reason = refusalReason(action, error);
    const message = `${describeRefusal(action, error)}; ${REMEDY[reason]}`;
    return { member: action.member, reason, message, ...(isOfConsumer(action) && { isAside: true }) };
  }
}

/** It is asked of a consumer, not of its member. */
function isOfConsumer(action: Apply | Delete): boolean {
  if (action.kind === CRON_JOB || action.kind === JOB) return true;
  return action.type === 'Apply' && CONSUMER_PURPOSES.has(action.purpose);
}

const CONSUMER_PURPOSES: ReadonlySet<Apply['purpose']> = new Set(['StartConsumer', 'StopConsumer']);

function refusalReason({ kind }: Apply | Delete, error: ApiError): Refusal['reason'] {
  if (isQuotaExceeded(error)) return 'QuotaExceeded';
  if (kind === CLAIM && /can be resized|allowVolumeExpansion|less than/.test(error.message))
    return 'ExpansionNotAllowed';
  return isForbidden(error) ? 'Forbidden' : 'Rejected';
}

/** With the remedy it fits into a member's message. */
const MAX_ANSWER = 360;

function describeRefusal(action: Apply | Delete, error: ApiError): string {
  const { name } = action.type === 'Delete' ? action.key : keyOf(action.object);
  const answer = error.message.slice(error.message.indexOf(': ') + 2);
  return `the API server refuses ${action.kind.kind} ${name}: ${answer.slice(0, MAX_ANSWER)}`;
}

const REMEDY: Readonly<Record<Refusal['reason'], string>> = {
  QuotaExceeded: 'raise the quota, or ask for less',
  ExpansionNotAllowed: 'set spec.storage.size back, or let the storage class expand volumes (allowVolumeExpansion)',
  Forbidden: 'grant the operator that right, or see which policy is against it',
  Rejected: 'correct the spec',
};
