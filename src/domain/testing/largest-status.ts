// The largest status that the operator can make: every list full, every text as long as its source or its limit lets it
// be, of the character that takes most room where its source may hold any.
import { MAX_NAME_LENGTH } from '../../api/v1alpha1/rules.ts';
import type { Condition, Handoff, MemberStatus, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import { MAX_CONSUMERS, MAX_REPLICAS } from '../../api/v1alpha1/spec.ts';
import {
  MAX_CONDITIONS,
  MAX_HISTORY,
  MAX_MEMBERS,
  MAX_RETAINED_CLAIMS,
  MAX_SUSPECTS,
} from '../../api/v1alpha1/status.ts';
import { CONDITION } from '../../api/v1alpha1/conditions.ts';
import { NOW } from './build.ts';

export interface Largest {
  /** Default: as many as a status lists. */
  readonly members?: number;
  /** Characters of a machine's name; default: the longest legal one. */
  readonly machine?: number;
  /** Whether attachments tell who uses the volumes. Default: nothing but the status does. */
  readonly isAttached?: boolean;
  /** Whether the hand-offs are over. Default: all are under way. */
  readonly isOver?: boolean;
  /** Characters of the messages of others' conditions; default: they have none. */
  readonly others?: number;
}

/** The API server stores it as six bytes. */
const WIDEST = '<';
const time = new Date(NOW).toISOString().replace('.000Z', 'Z');
const generation = Number.MAX_SAFE_INTEGER;
const size = '9223372036854775807';
const revision = 'a1b2c3d4e5';
const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const nameOf = (ordinal: number): string => `${'n'.repeat(MAX_NAME_LENGTH)}-${ordinal}`;
/** A uid of its own for each combination. */
const uidOf = (...of: readonly number[]): string => {
  const end = of.map((one) => one.toString(16).padStart(3, '0')).join('');
  return `${'6f1c2f0a-7c1b-4b7e-9d34-2f0f7a1b9c11'.slice(0, -end.length)}${end}`;
};

export function largestStatus(of: Largest = {}): NodeDeploymentStatus {
  const { members = MAX_MEMBERS, others } = of;
  const past = { generation, targetRevision: revision, createdAt: time };
  const ours = Object.values(CONDITION);
  const theirs = others === undefined ? [] : many(MAX_CONDITIONS - ours.length, (at) => `${'t'.repeat(314)}${at}`);
  return {
    observedGeneration: generation,
    ...{ replicas: MAX_MEMBERS, readyReplicas: MAX_REPLICAS, updatedReplicas: MAX_REPLICAS },
    ...{ availableReplicas: MAX_REPLICAS, readyConsumers: MAX_REPLICAS * MAX_CONSUMERS },
    selector: `nodefleet.dev/deployment=${'n'.repeat(MAX_NAME_LENGTH)},!nodefleet.dev/consumer-of`,
    ...{ currentRevision: revision, updateRevision: revision, largestCapacity: size },
    plan: { ...past, id: revision, purpose: 'Rollout', phase: 'Active', members: many(MAX_REPLICAS, nameOf) },
    history: many(MAX_HISTORY, (at) => ({ ...past, id: `${revision}${at}`, phase: 'Superseded', endedAt: time })),
    members: many(members, (ordinal) => memberOf(ordinal, of)),
    retainedClaims: many(MAX_RETAINED_CLAIMS, (at) => ({
      ...{ name: nameOf(at), uid: uidOf(at), size, since: time, reason: 'ScaledDown' },
    })),
    conditions: [
      ...ours.map((type) => conditionOf(type, WIDEST.repeat(1024))),
      ...theirs.map((type) => conditionOf(type, 'x'.repeat(others ?? 0))),
    ],
  };
}

function memberOf(ordinal: number, { machine = 253, isAttached = false, isOver = false }: Largest): MemberStatus {
  const used = { podUID: uidOf(ordinal), nodeName: 'm'.repeat(machine) };
  const steps: Handoff = { stoppedAt: time, podGoneAt: time, detachedAt: time, startedAt: time, removedBy: 'Kubelet' };
  return {
    ...{ name: nameOf(ordinal), phase: 'AwaitingTermination', revision, ...used },
    ...{ reason: WIDEST.repeat(64), message: WIDEST.repeat(512) },
    claim: { name: nameOf(ordinal), uid: uidOf(ordinal, 1), requested: size, capacity: size },
    attachment: { state: isAttached ? 'Attached' : 'Unknown', since: time },
    handoff: { ...steps, ...used, ...(isOver && { completedAt: time }) },
    consumers: many(MAX_CONSUMERS, (at) => ({
      ...{ name: consumerOf(at), kind: 'CronJob', phase: 'Scheduled', skippedRunAt: time },
      ...{ podUID: uidOf(ordinal, at), nodeName: 'm'.repeat(machine), message: WIDEST.repeat(256) },
    })),
    ...(!isAttached && {
      suspects: many(MAX_SUSPECTS, (at) => ({
        ...{ podUID: uidOf(ordinal, at, 2), nodeName: 'm'.repeat(machine), goneAt: time },
        ...{ isForced: false, consumer: consumerOf(at) },
      })),
    }),
  };
}

/** A name of a consumer and that of its fleet have 47 characters together at most. */
const consumerOf = (at: number): string => `worker${at}`;

function conditionOf(type: string, message: string): Condition {
  const reason = 'R'.repeat(64);
  return { type, status: 'Unknown', observedGeneration: generation, lastTransitionTime: time, reason, message };
}
