// I7: never two writers on a volume, as the API server's objects tell it, and as the processes do. Of what an operator
// tells to start: start-rules.ts.
import { LABEL } from '../../../src/api/v1alpha1/names.ts';
import {
  ATTACHMENT,
  CLAIM,
  POD,
  VOLUME,
  type Attachment,
  type Claim,
  type Pod,
  type Volume,
} from '../../../src/kube/kinds.ts';
import type { Stored } from '../../../src/kube/object.ts';
import { claimsOf, isTerminal } from '../../../src/kube/pods.ts';
import type { ModelStore } from '../model/store.ts';
import type { Process } from '../actors/processes.ts';
import { judged, type Rule } from './rule.ts';

/** By its claim. */
export const isShared = (store: ModelStore, namespace: string, name: string): boolean => {
  const claim = store.get(CLAIM, { namespace, name }) as unknown as Stored<Claim> | undefined;
  return claim?.spec?.accessModes?.includes('ReadWriteMany') === true;
};

/** By the volume itself, as the attach/detach controller asks: its claim may have gone, or have been made anew. */
const isSharedVolume = (store: ModelStore, name: string): boolean => {
  const volume = store.get(VOLUME, { namespace: '', name }) as unknown as Stored<Volume> | undefined;
  return volume?.spec?.accessModes?.includes('ReadWriteMany') === true;
};

const isConsumer = ({ metadata }: Stored<Pod>): boolean => metadata.labels?.[LABEL.consumerOf] !== undefined;

export const I7_PODS: Rule = ({ kind, type, object }, past, _atMs, store) => {
  if (kind !== POD || type !== 'ADDED') return undefined;
  const pod = object as unknown as Stored<Pod>;
  const { namespace = '' } = pod.metadata;
  const pods = store.list(POD) as unknown as readonly Stored<Pod>[];
  for (const claim of claimsOf(pod)) {
    const key = { namespace, name: claim };
    // Of a claim that has gone, pods that are still made are judged by what it was.
    if (isShared(store, namespace, claim) || (store.get(CLAIM, key) === undefined && past.wasShared(key))) continue;
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

/**
 * What the start of a process breaks. A follower shares its member's volume on purpose, on the same machine. What is left of a pod
 * that was removed by force is not counted here: its StatefulSet replaces such a pod at once, and no operator is asked. Of what an
 * operator starts beside it `startBesideWriter` judges (start-rules.ts).
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
