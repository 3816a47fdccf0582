// The member's claim: whose it is, who mounts it, whether it is bound, going away, or growing. Pure.
import { isOutdated, isSingleWriter } from '../../domain/member.ts';
import { capacityOf, requestedOf, resizeError, resizeOf } from '../../domain/volumes/resize.ts';
import { refuseClaim } from '../../domain/volumes/claims.ts';
import type { StoredClaim, StoredPod } from '../../kube/kinds.ts';
import { isTerminating } from '../../kube/object.ts';
import { makerOf } from '../../kube/pods.ts';
import { age } from '../text.ts';
import { isUp, ownPod, strangers, type Facts, type Link, type Step } from './facts.ts';

type Finding = Omit<Link, 'kind' | 'name'>;

export function claimLink(facts: Facts): readonly Link[] {
  const { observed, member, unreadable } = facts;
  const { claim } = member;
  const link = { kind: 'PersistentVolumeClaim', name: member.name };
  if (observed.deployment.spec.storage === undefined) {
    return [{ ...link, name: '', state: 'Clear', says: 'no spec.storage: the volume data is an emptyDir' }];
  }
  if (unreadable.has(link.kind)) return [{ ...link, state: 'Unreadable', says: 'you may not read claims' }];
  if (claim === undefined) return [{ ...link, state: 'Waiting', says: 'there is none yet; the operator makes it' }];
  const finding = refused(facts, claim) ?? blockedByConsumer(facts) ?? unbound(facts, claim) ?? growing(facts, claim);
  return [{ ...link, ...(finding ?? { state: 'Clear', says: `Bound, ${capacityOf(claim) ?? 'size unknown'}` }) }];
}

/** Whether the claim is why the scheduler has no machine for the pod: then the pod is not what blocks. */
export function isClaimAtFault({ observed, member, unreadable }: Facts): boolean {
  if (observed.deployment.spec.storage === undefined || unreadable.has('PersistentVolumeClaim')) return false;
  const { claim } = member;
  return claim === undefined || isTerminating(claim) || claim.status?.phase === 'Lost';
}

/** It is going away, has lost its volume, or is not this fleet's. */
function refused(facts: Facts, claim: StoredClaim): Finding | undefined {
  const { observed, member, kubectl } = facts;
  const { name, deletionTimestamp, finalizers = [] } = claim.metadata;
  if (isTerminating(claim)) {
    const says = `is being deleted for ${age(deletionTimestamp, observed.now)}, and its data with it; held by ${finalizers.join(', ') || 'nothing'}`;
    const pod = member.claimUsers[0];
    if (!isUp(facts) || pod === undefined)
      return { state: 'Waiting', says: `${says}; a new one is made once it is gone` };
    const commands = [kubectl(`delete pod ${pod.metadata.name}`)];
    const next = { says: 'It cannot be taken back. Copy the data away while the pod runs; then start empty', commands };
    return { state: 'Blocked', says, next };
  }
  const wait = refuseClaim(observed.deployment, member);
  if (wait === undefined) return undefined;
  const next = { says: 'Look at it first', commands: [kubectl(`describe persistentvolumeclaim ${name}`)] };
  return { state: 'Blocked', says: `${wait.reason}: ${wait.message}`, next };
}

function blockedByConsumer(facts: Facts): Finding | undefined {
  const { observed, member, revision, kubectl } = facts;
  const [user] = strangers(facts);
  const isMoving = !isUp(facts) || isOutdated(member, revision);
  if (user === undefined || !isMoving || !isSingleWriter(observed.deployment.spec.storage)) return undefined;
  const maker = makerOf(user);
  const whose = maker === undefined ? '' : ` of ${maker.kind} ${maker.name}`;
  const says = `pod ${user.metadata.name}${whose} mounts it; the member cannot move or start before that pod is gone`;
  if (isTerminating(user)) return { state: 'Waiting', says };
  return { state: 'Blocked', says, next: { says: 'Stop that workload', commands: [kubectl(stopCommand(user))] } };
}

/** Ends the workload that made the pod, not only the pod, which would come back. */
function stopCommand(pod: StoredPod): string {
  const maker = makerOf(pod);
  if (maker === undefined) return `delete pod ${pod.metadata.name}`;
  const what = `${maker.kind.toLowerCase()} ${maker.name}`;
  if (SCALABLE.has(maker.kind)) return `scale ${what} --replicas=0`;
  return maker.kind === 'Job' ? `delete ${what}` : `describe ${what}`;
}

const SCALABLE: ReadonlySet<string> = new Set(['Deployment', 'ReplicaSet', 'StatefulSet']);

function unbound(facts: Facts, claim: StoredClaim): Finding | undefined {
  if (claim.status?.phase === 'Bound') return undefined;
  const size = requestedOf(claim) ?? 'size unknown';
  if (ownPod(facts) === undefined) return { state: 'Clear', says: `Pending, ${size}: it is bound when a pod wants it` };
  const name = claim.spec?.storageClassName;
  const provider = name === undefined || name === '' ? 'a volume that fits' : `storage class ${name}`;
  return { state: 'Waiting', says: `Pending, ${size}: ${provider} has to provide its volume` };
}

function growing(facts: Facts, claim: StoredClaim): Finding | undefined {
  const resize = resizeOf(claim);
  const sizes = `from ${capacityOf(claim)} to ${requestedOf(claim)}`;
  if (resize === 'InProgress') return { state: 'Waiting', says: `is growing ${sizes}` };
  if (resize === 'FileSystemPending') {
    const says = `has grown ${sizes}; its file system follows when a pod mounts it`;
    return { state: isUp(facts) ? 'Waiting' : 'Clear', says };
  }
  if (resize !== 'Infeasible') return undefined;
  const said = resizeError(claim);
  const says = `the storage refuses to grow it ${sizes}${said === undefined ? '' : ` (${said})`}`;
  return { state: isUp(facts) ? 'Blocked' : 'Clear', says, next: lowerSize(facts, claim) };
}

function lowerSize({ observed, kubectl }: Facts, claim: StoredClaim): Step {
  const patch = `{"spec":{"storage":{"size":"${capacityOf(claim)}"}}}`;
  return {
    says: 'The member runs on. Make room in the storage, or ask for what it has',
    commands: [kubectl(`patch nodedeployment ${observed.deployment.metadata.name} --type=merge -p '${patch}'`)],
  };
}
