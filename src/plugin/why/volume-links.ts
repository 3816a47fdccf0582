// The volume of the member's claim and its attachments: where it can go, where it is, and what detaching waits for. Pure.
import { isReadyMachine, machineState } from '../../domain/machines.ts';
import { isStopped } from '../../domain/member.ts';
import { deadlineMs } from '../../domain/volumes/gate.ts';
import type { StoredAttachment } from '../../kube/kinds.ts';
import { admitsMachine, describeAffinity } from '../../kube/node-affinity.ts';
import { isTerminating } from '../../kube/object.ts';
import { age } from '../text.ts';
import { isUp, ownPod, type Facts, type Link } from './facts.ts';

const VOLUME = 'PersistentVolume';
const ATTACHMENT = 'VolumeAttachment';

export function volumeLink(facts: Facts): readonly Link[] {
  const { member, unreadable, kubectl } = facts;
  const name = member.claim?.spec?.volumeName;
  if (name === undefined || name === '') return [];
  const link = { kind: VOLUME, name };
  if (unreadable.has(VOLUME)) return [{ ...link, state: 'Unreadable', says: 'you may not read volumes' }];
  const { volume } = member;
  if (volume === undefined) {
    const commands = [kubectl(`describe persistentvolumeclaim ${member.name}`)];
    const next = { says: 'Restore the volume from a backup; nothing else brings its data back', commands };
    return [{ ...link, state: 'Blocked', says: 'is gone, and the claim with it', next }];
  }
  const driver = volume.spec?.csi?.driver ?? 'an in-tree driver';
  const affinity = describeAffinity(volume);
  const says = affinity === '' ? `of ${driver}` : `of ${driver}, only on machines with ${affinity}`;
  if (!isVolumeAtFault(facts)) return [{ ...link, state: 'Clear', says }];
  const next = { says: 'Bring such a machine back', commands: machineCommands(facts) };
  return [{ ...link, state: 'Blocked', says: `${says}; none of them takes the pod: ${stateOfAdmitted(facts)}`, next }];
}

/** Whether the scheduler has no machine for the pod because of where the volume is. */
export function isVolumeAtFault({ observed, member, unreadable }: Facts): boolean {
  const { volume } = member;
  const pod = member.pods.find((one) => !isTerminating(one));
  const isUnbound = pod !== undefined && pod.spec?.nodeName === undefined;
  if (!isUnbound || volume?.spec?.nodeAffinity === undefined || unreadable.has('Node')) return false;
  return ![...observed.machines.values()].some(
    (machine) => admitsMachine(volume, machine) && isReadyMachine(machine) && machine.spec?.unschedulable !== true,
  );
}

function admitted({ observed, member: { volume } }: Facts) {
  return [...observed.machines.values()].filter((machine) => volume !== undefined && admitsMachine(volume, machine));
}

function stateOfAdmitted(facts: Facts): string {
  const states = admitted(facts).map(
    ({ metadata, spec }) => `${metadata.name} is ${spec?.unschedulable === true ? 'cordoned' : 'not Ready'}`,
  );
  return states.length === 0 ? 'there is none' : states.slice(0, 3).join(', ');
}

function machineCommands(facts: Facts): readonly string[] {
  const cordoned = admitted(facts).filter(({ spec }) => spec?.unschedulable === true);
  if (cordoned.length === 0) return [facts.kubectl.clusterWide('get nodes --show-labels')];
  return cordoned.slice(0, 3).map(({ metadata }) => facts.kubectl.clusterWide(`uncordon ${metadata.name}`));
}

export function attachmentLinks(facts: Facts): readonly Link[] {
  const { member, unreadable } = facts;
  if ((member.claim?.spec?.volumeName ?? '') === '') return [];
  const none = { kind: ATTACHMENT, name: '' };
  if (unreadable.has(ATTACHMENT)) return [{ ...none, state: 'Unreadable', says: 'you may not read attachments' }];
  if (member.attachments.length > 0) return member.attachments.map((one) => attachmentLink(facts, one));
  if (member.isAttachable === false) return [{ ...none, state: 'Clear', says: 'the driver of the volume makes none' }];
  const isWanted = !isUp(facts) && ownPod(facts)?.spec?.nodeName !== undefined;
  if (!isWanted) return [{ ...none, state: 'Clear', says: 'none: the volume is free' }];
  return [{ ...none, state: 'Waiting', says: 'none yet; kube-controller-manager attaches the volume' }];
}

function attachmentLink(facts: Facts, attachment: StoredAttachment): Link {
  const { observed, kubectl } = facts;
  const { name, deletionTimestamp } = attachment.metadata;
  const machine = attachment.spec.nodeName;
  const { attached, attachError, detachError } = attachment.status ?? { attached: false };
  const link = { kind: ATTACHMENT, name };
  const look = kubectl.clusterWide(`describe volumeattachment ${name}`);
  const driver = {
    says: `See the CSI driver ${attachment.spec.attacher} on ${machine}. Leave the attachment alone`,
    commands: [look],
  };
  const isElsewhere = ownPod(facts)?.spec?.nodeName !== machine;
  if (deletionTimestamp === undefined && !isElsewhere) {
    if (attached) return { ...link, state: 'Clear', says: `attached to machine ${machine}` };
    if (attachError?.message === undefined)
      return { ...link, state: 'Waiting', says: `attaching to machine ${machine}` };
    return { ...link, state: 'Blocked', says: `cannot attach to ${machine}: ${attachError.message}`, next: driver };
  }
  const since = age(deletionTimestamp, observed.now);
  const says =
    deletionTimestamp === undefined
      ? `still attached to machine ${machine}`
      : `detaching from machine ${machine} for ${since}`;
  // What a machine that is down, or gone, does not do is told by its own link.
  if (machineState(observed, machine) === 'NotReady') return { ...link, state: 'Waiting', says };
  if (detachError?.message !== undefined) {
    return { ...link, state: 'Blocked', says: `${says}: ${detachError.message}`, next: driver };
  }
  return isLate(facts, attachment)
    ? { ...link, state: 'Blocked', says, next: driver }
    : { ...link, state: 'Waiting', says };
}

/** Whether the detachment takes longer than `spec.rollout.detachTimeoutSeconds`. */
function isLate({ observed, member }: Facts, { metadata }: StoredAttachment): boolean {
  if (isStopped(member)) return deadlineMs(observed, member) <= observed.now;
  const since = Date.parse(metadata.deletionTimestamp ?? '');
  return since + observed.deployment.spec.rollout.detachTimeoutSeconds * 1000 <= observed.now;
}
