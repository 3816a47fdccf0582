// I7: never two writers on a volume, as the API server's objects tell it, and as the processes do.
import { LABEL } from '../../../src/api/v1alpha1/names.ts';
import {
  ATTACHMENT,
  CLAIM,
  POD,
  STATEFUL_SET,
  VOLUME,
  type Attachment,
  type Claim,
  type Pod,
  type StatefulSet,
  type Volume,
} from '../../../src/kube/kinds.ts';
import type { Stored } from '../../../src/kube/object.ts';
import { claimsOf, isTerminal } from '../../../src/kube/pods.ts';
import type { Commit } from '../model/api-server.ts';
import type { ModelStore } from '../model/store.ts';
import type { Process } from '../actors/processes.ts';
import { judged, type Rule, type Verdict } from './rule.ts';

const isShared = (store: ModelStore, namespace: string, name: string): boolean => {
  const claim = store.get(CLAIM, { namespace, name }) as unknown as Stored<Claim> | undefined;
  return claim?.spec?.accessModes?.includes('ReadWriteMany') === true;
};

/** By the volume itself, as the attach/detach controller asks: its claim may have gone, or have been made anew. */
const isSharedVolume = (store: ModelStore, name: string): boolean => {
  const volume = store.get(VOLUME, { namespace: '', name }) as unknown as Stored<Volume> | undefined;
  return volume?.spec?.accessModes?.includes('ReadWriteMany') === true;
};

const isConsumer = ({ metadata }: Stored<Pod>): boolean => metadata.labels?.[LABEL.consumerOf] !== undefined;

export const I7_PODS: Rule = ({ kind, type, object }, _past, _atMs, store) => {
  if (kind !== POD || type !== 'ADDED') return undefined;
  const pod = object as unknown as Stored<Pod>;
  const { namespace = '' } = pod.metadata;
  const pods = store.list(POD) as unknown as readonly Stored<Pod>[];
  for (const claim of claimsOf(pod)) {
    if (isShared(store, namespace, claim)) continue;
    // A consumer shares its member's volume on purpose: of that, `twoWriters` judges.
    const users = pods.filter((one) => !isTerminal(one) && claimsOf(one).includes(claim) && !isConsumer(one));
    const names = users.map(({ metadata }) => metadata.name);
    if (names.length > 1) return { broken: `pods ${names.join(', ')} on claim ${claim}` };
  }
  return claimsOf(pod).length > 0 ? 'kept' : undefined;
};

export const I7_ATTACHMENTS: Rule = ({ kind, type, object }, _past, _atMs, store) => {
  if (kind !== ATTACHMENT || type !== 'ADDED') return undefined;
  const volume = (object as unknown as Stored<Attachment>).spec.source.persistentVolumeName ?? '';
  if (isSharedVolume(store, volume)) return undefined;
  const all = store.list(ATTACHMENT) as unknown as readonly Stored<Attachment>[];
  const there = all.filter(({ spec }) => spec.source.persistentVolumeName === volume);
  const machines = there.map(({ spec }) => spec.nodeName);
  return judged(machines.length > 1 && `volume ${volume} is attached to ${machines.join(', ')}`);
};

/** The member that an operator tells to start. */
export function startedBy({ kind, type, object, previous, write }: Commit): Stored<StatefulSet> | undefined {
  const set = object as unknown as Stored<StatefulSet>;
  const isOperator = kind === STATEFUL_SET && type !== 'DELETED' && write.by.startsWith('operator');
  if (!isOperator || set.metadata.labels?.[LABEL.member] !== set.metadata.name || set.spec?.replicas === 0)
    return undefined;
  if (previous !== undefined && (previous as unknown as StatefulSet).spec?.replicas !== 0) return undefined;
  return set;
}

/**
 * A member is told to start only when nobody mounts its claim, and its volume is attached nowhere. Where there is nothing yet that
 * could have been written, two things do no harm, and no operator could know of them without asking for more: an attachment that a
 * controller on an old view makes of a volume on which no process has ever run, and, as long as the claim has no volume, the pod that a
 * deleted StatefulSet has left. That one has the name of the member's own, which has to wait until it has gone.
 */
export const I7_START: Rule = (commit, past, _atMs, store) => {
  const set = startedBy(commit);
  if (set === undefined) return undefined;
  const { namespace = '', name: member } = set.metadata;
  const claim = store.get(CLAIM, { namespace, name: member }) as unknown as Stored<Claim> | undefined;
  if (claim === undefined || isShared(store, namespace, member)) return undefined;
  const attachments = store.list(ATTACHMENT) as unknown as readonly Stored<Attachment>[];
  const volume = claim.spec?.volumeName;
  const held = attachments.find(({ spec }) => spec.source.persistentVolumeName === volume && past.isUsed(volume));
  if (held !== undefined)
    return { broken: `${member} is started while its volume is attached to ${held.spec.nodeName}` };
  const pods = store.list(POD) as unknown as readonly Stored<Pod>[];
  const isLeft = ({ metadata }: Stored<Pod>): boolean => metadata.name === `${member}-0` && volume === undefined;
  const user = pods.find((pod) => !isTerminal(pod) && claimsOf(pod).includes(member) && !isLeft(pod));
  return judged(user && `${member} is started beside pod ${user.metadata.name}`);
};

/**
 * The same by the truth that no API server tells: no process writes to the volume of a member that is told to start, be it on a machine
 * that nobody hears of, or of a pod that was removed by force.
 */
export function startBesideWriter(commit: Commit, running: readonly Process[], store: ModelStore): Verdict {
  const set = startedBy(commit);
  if (set === undefined) return undefined;
  const { namespace = '', name: member } = set.metadata;
  const claim = store.get(CLAIM, { namespace, name: member }) as unknown as Stored<Claim> | undefined;
  const volume = claim?.spec?.volumeName;
  if (volume === undefined || isShared(store, namespace, member)) return undefined;
  const writer = running.find(({ volumes }) => volumes.includes(volume));
  return judged(writer && `${member} is started while ${writer.pod} still writes on ${writer.machine}`);
}

/**
 * What the start of a process breaks. A follower shares its member's volume on purpose, on the same machine. What is left of a pod
 * that was removed by force is not counted here: its StatefulSet replaces such a pod at once, and no operator is asked. Of what an
 * operator starts beside it `startBesideWriter` judges.
 */
export function twoWriters(started: Process, beside: readonly Process[], store: ModelStore): string | undefined {
  const [claim = ''] = started.claims;
  const known = new Set(store.list(POD).map(({ metadata }) => metadata.uid));
  const others = beside.filter(
    ({ machine, pod, podUid }) => known.has(podUid) && (machine !== started.machine || pod === started.pod),
  );
  if (
    others.length === 0 ||
    store
      .list(CLAIM)
      .some(({ metadata }) => metadata.name === claim && isShared(store, metadata.namespace ?? '', claim))
  ) {
    return undefined;
  }
  return `${started.pod} writes to ${claim} on ${started.machine} beside ${others.map(({ pod, machine }) => `${pod} on ${machine}`).join(', ')}`;
}
