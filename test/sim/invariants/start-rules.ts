// I7 of a member that an operator tells to start: nothing may have its volume any more.
//
// Where there is nothing yet that could have been written, two things do no harm, and no operator could know of them
// without asking for more: an attachment that a controller on an old view makes of a volume on which no process has ever
// run, and, as long as the claim has no volume, the pod that a deleted StatefulSet has left. That one has the name of the
// member's own, which has to wait until it has gone. Nor could it know of a late pod: one of that name that the controller
// of a deleted StatefulSet, which acts on its own view of it (`sync` in stateful_set.go asks a lister), has made since the
// operator asked for the pods last, while the start was on its way.
import { LABEL } from '../../../src/api/v1alpha1/names.ts';
import {
  ATTACHMENT,
  CLAIM,
  POD,
  STATEFUL_SET,
  type Attachment,
  type Claim,
  type Pod,
  type StatefulSet,
} from '../../../src/kube/kinds.ts';
import type { Stored } from '../../../src/kube/object.ts';
import { controllerOf } from '../../../src/kube/owner-references.ts';
import { claimsOf, isTerminal } from '../../../src/kube/pods.ts';
import type { Process } from '../actors/processes.ts';
import type { Commit } from '../model/api-server.ts';
import type { ModelStore } from '../model/store.ts';
import type { Past } from './past.ts';
import { judged, type Rule, type Verdict } from './rule.ts';
import { isShared } from './volume-rules.ts';

/** The member that an operator tells to start. */
export function startedBy({ kind, type, object, previous, write }: Commit): Stored<StatefulSet> | undefined {
  const set = object as unknown as Stored<StatefulSet>;
  const isOperator = kind === STATEFUL_SET && type !== 'DELETED' && write.by.startsWith('operator');
  if (!isOperator || set.metadata.labels?.[LABEL.member] !== set.metadata.name || set.spec?.replicas === 0)
    return undefined;
  if (previous !== undefined && (previous as unknown as StatefulSet).spec?.replicas !== 0) return undefined;
  return set;
}

interface Start {
  readonly member: string;
  /** Of its claim, which has one writer. */
  readonly volume: string | undefined;
  readonly latePod: Stored<Pod> | undefined;
  /** Whether it was made after the operator had asked for the pods last. */
  readonly isUnseen: (object: Stored) => boolean;
}

/** Undefined where nobody is started, or not on a volume of one writer. */
function startOf(commit: Commit, past: Past, atMs: number, store: ModelStore): Start | undefined {
  const set = startedBy(commit);
  if (set === undefined) return undefined;
  const { namespace = '', name: member } = set.metadata;
  const claim = store.get(CLAIM, { namespace, name: member }) as unknown as Stored<Claim> | undefined;
  if (claim === undefined || isShared(store, namespace, member)) return undefined;
  const lookedAtMs = past.podsReadAtMs(commit.write.by, atMs);
  const isUnseen = ({ metadata }: Stored): boolean => past.madeAtMs(metadata.uid) > lookedAtMs;
  const pod = store.get(POD, { namespace, name: `${member}-0` }) as unknown as Stored<Pod> | undefined;
  const maker = pod && controllerOf(pod);
  const isOrphaned =
    maker !== undefined && store.list(STATEFUL_SET).every(({ metadata }) => metadata.uid !== maker.uid);
  const latePod = pod !== undefined && isOrphaned && isUnseen(pod) ? pod : undefined;
  return { member, volume: claim.spec?.volumeName, latePod, isUnseen };
}

/** A member is told to start only when nobody mounts its claim, and its volume is attached nowhere. */
export const I7_START: Rule = (commit, past, atMs, store) => {
  const start = startOf(commit, past, atMs, store);
  if (start === undefined) return undefined;
  const { member, volume, latePod, isUnseen } = start;
  const attachments = store.list(ATTACHMENT) as unknown as readonly Stored<Attachment>[];
  const isForLate = (one: Stored<Attachment>): boolean =>
    one.spec.nodeName === latePod?.spec?.nodeName && isUnseen(one);
  const held = attachments.find(
    (one) => one.spec.source.persistentVolumeName === volume && past.isUsed(volume) && !isForLate(one),
  );
  if (held !== undefined)
    return { broken: `${member} is started while its volume is attached to ${held.spec.nodeName}` };
  const pods = store.list(POD) as unknown as readonly Stored<Pod>[];
  const isLeft = ({ metadata }: Stored<Pod>): boolean =>
    metadata.uid === latePod?.metadata.uid || (metadata.name === `${member}-0` && volume === undefined);
  const user = pods.find((pod) => !isTerminal(pod) && claimsOf(pod).includes(member) && !isLeft(pod));
  return judged(user && `${member} is started beside pod ${user.metadata.name}`);
};

/**
 * The same by the truth that no API server tells: no process writes to the volume of a member that is told to start, be
 * it on a machine that nobody hears of, or of a pod that was removed by force.
 */
export function startBesideWriter(
  commit: Commit,
  running: readonly Process[],
  past: Past,
  atMs: number,
  store: ModelStore,
): Verdict {
  const { member, volume, latePod } = startOf(commit, past, atMs, store) ?? {};
  if (volume === undefined) return undefined;
  const writer = running.find(({ volumes, podUid }) => volumes.includes(volume) && podUid !== latePod?.metadata.uid);
  return judged(writer && `${member} is started while ${writer.pod} still writes on ${writer.machine}`);
}
