// Stored objects for tests, as the API server would return them: valid by default, changed where a test says so.
import type { z } from 'zod';

import { ANNOTATION, LABEL } from '../../api/v1alpha1/names.ts';
import type { NodeDeploymentStatus, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { specSchema } from '../../api/v1alpha1/spec.ts';
import {
  CRON_JOB,
  JOB,
  STATEFUL_SET,
  type Claim,
  type PodTemplate,
  type StoredAttachment,
  type StoredClaim,
  type StoredControllerRevision,
  type StoredCronJob,
  type StoredCsiDriver,
  type StoredDisruptionBudget,
  type StoredJob,
  type StoredMachine,
  type StoredPod,
  type StoredService,
  type StoredStatefulSet,
  type StoredVolume,
} from '../../kube/kinds.ts';
import type { KubeObject, ObjectMeta, Stored, StoredMeta } from '../../kube/object.ts';
import { controllerReference } from '../../kube/owner-references.ts';
import { claim as desiredClaim } from '../desired/claim.ts';
import { controllerRevision } from '../desired/controller-revision.ts';
import { desire } from '../desired/desire.ts';
import { disruptionBudget } from '../desired/disruption-budget.ts';
import { cronJob as desiredCronJob } from '../desired/cron-job.ts';
import { follower as desiredFollower } from '../desired/follower.ts';
import { podTemplate, revisionOf } from '../desired/pod-template.ts';
import { service as desiredService } from '../desired/service.ts';
import { statefulSet as desiredStatefulSet, surgeStatefulSet } from '../desired/stateful-set.ts';
import { OUT_OF_SERVICE } from '../machines.ts';
import { memberName } from '../member-name.ts';
import { NO_READINGS, type Observed, type Readings, arrange, surgeName } from '../observed.ts';

/** When the tests' readings begin. */
export const NOW = Date.parse('2026-01-01T12:00:00Z');
/** An RFC 3339 time, `seconds` after `NOW`. */
export const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString().replace('.000Z', 'Z');

export type SpecInput = Partial<z.input<typeof specSchema>>;
export const STORAGE = { size: '10Gi', mountPath: '/data' } as const;

/** A template whose only container runs `image`. */
export const running = (image: string): PodTemplate => ({ spec: { containers: [{ name: 'app', image }] } });

/** `object` as it was stored: uid `<name>-<kind>-uid`, version 1, an hour old. */
function stored<T extends KubeObject>(object: T, change: ObjectMeta = {}): Stored<T> {
  const name = object.metadata?.name ?? '';
  const metadata: StoredMeta = {
    uid: `${name}-${object.kind ?? 'object'}-uid`,
    resourceVersion: '1',
    creationTimestamp: at(-3600),
    ...object.metadata,
    name,
  };
  return { ...object, metadata: { ...metadata, ...(change as Partial<StoredMeta>) } };
}

/** The NodeDeployment `default/web`; what `spec` leaves out has its default. */
export function deployment(
  spec: SpecInput = {},
  change: ObjectMeta = {},
  status?: NodeDeploymentStatus,
): StoredNodeDeployment {
  const metadata = { name: 'web', namespace: 'default', uid: 'web-uid', generation: 1 };
  const parsed = specSchema.parse({ template: running('app:1'), ...spec });
  const object = { apiVersion: 'nodefleet.dev/v1alpha1', kind: 'NodeDeployment', metadata, spec: parsed };
  return { ...stored(object, change), ...(status === undefined ? {} : { status }) };
}

export interface SetChange {
  readonly replicas?: number;
  readonly quiescedAt?: string;
  readonly metadata?: ObjectMeta;
}

/** The member's StatefulSet as `owner`'s spec wants it. For an outdated one, let `owner` have the old template. */
export function statefulSet(owner: StoredNodeDeployment, ordinal: number, change: SetChange = {}): StoredStatefulSet {
  return changed(desiredStatefulSet(owner, memberName(owner, ordinal), revisionOf(owner.spec)), change);
}

export function surgeSet(owner: StoredNodeDeployment, ordinal: number, change: SetChange = {}): StoredStatefulSet {
  return changed(surgeStatefulSet(owner, memberName(owner, ordinal), revisionOf(owner.spec)), change);
}

function changed(object: ReturnType<typeof desiredStatefulSet>, change: SetChange): StoredStatefulSet {
  const { replicas = 1, quiescedAt, metadata = {} } = change;
  const set = stored(object, metadata);
  const stamp = quiescedAt === undefined ? {} : { [ANNOTATION.quiescedAt]: quiescedAt };
  return {
    ...set,
    metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...stamp } },
    ...(set.spec === undefined ? {} : { spec: { ...set.spec, replicas } }),
  };
}

/** A follower of the spec: one container that runs `image`. */
export const workerOf = (image: string, name = 'worker') => ({
  name,
  kind: 'Follower' as const,
  template: running(image),
});

/** A CronJob of the spec, due at three each night: one container that runs `image`. */
export const cleanUpOf = (image: string, name = 'clean-up') => ({
  name,
  kind: 'CronJob' as const,
  schedule: '0 3 * * *',
  template: running(image),
});

/** The StatefulSet of the member's first follower, on machine `m1`. */
export function followerSet(owner: StoredNodeDeployment, ordinal: number, change: SetChange = {}): StoredStatefulSet {
  const consumer = owner.spec.consumers?.find(({ kind }) => kind === 'Follower');
  if (consumer === undefined) throw new Error('followerSet: the deployment has no follower');
  return changed(desiredFollower(owner, memberName(owner, ordinal), consumer, 'm1'), change);
}

/** The pod of that StatefulSet. */
export function followerPod(of: StoredStatefulSet, metadata: ObjectMeta = {}): StoredPod {
  const { metadata: own, spec } = of.spec?.template ?? {};
  const ownerReferences = [controllerReference(STATEFUL_SET, of)];
  const pod = {
    metadata: { name: `${of.metadata.name}-0`, namespace: 'default', labels: own?.labels ?? {}, ownerReferences },
    spec: { containers: [], ...spec, nodeName: 'm1' },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at(-60) }] },
  };
  return stored(pod, metadata);
}

/** The CronJob of the member's first one, on machine `m1`; suspended where a time says since when. */
export function cronJobOf(owner: StoredNodeDeployment, ordinal: number, suspendedAt?: string): StoredCronJob {
  const consumer = owner.spec.consumers?.find(({ kind }) => kind === 'CronJob');
  if (consumer === undefined) throw new Error('cronJobOf: the deployment has no CronJob');
  const object = stored(desiredCronJob(owner, memberName(owner, ordinal), consumer, 'm1'));
  if (suspendedAt === undefined || object.spec === undefined) return object;
  const annotations = { ...object.metadata.annotations, [ANNOTATION.quiescedAt]: suspendedAt };
  return { ...object, metadata: { ...object.metadata, annotations }, spec: { ...object.spec, suspend: true } };
}

/** A run of that CronJob that has not ended. */
export function runOf(of: StoredCronJob, metadata: ObjectMeta = {}): StoredJob {
  const { metadata: own, spec } = of.spec?.jobTemplate ?? {};
  const ownerReferences = [controllerReference(CRON_JOB, of)];
  const identity = { name: `${of.metadata.name}-29000000`, namespace: 'default', labels: own?.labels ?? {} };
  const job = { kind: JOB.kind, metadata: { ...identity, ownerReferences }, ...(spec === undefined ? {} : { spec }) };
  return stored(job, metadata);
}

/** The pod of that run. */
export function runPod(of: StoredJob, metadata: ObjectMeta = {}, phase = 'Running'): StoredPod {
  const labels = of.metadata.labels ?? {};
  const ownerReferences = [controllerReference(JOB, of)];
  const identity = { name: `${of.metadata.name}-x`, namespace: 'default', labels, ownerReferences };
  const claims = [{ name: 'data', persistentVolumeClaim: { claimName: labels[LABEL.consumerOf] ?? '' } }];
  const spec = { containers: [], volumes: claims, nodeName: 'm1' };
  return stored({ metadata: identity, spec, status: { phase } }, metadata);
}

export function service(owner: StoredNodeDeployment, ordinal: number, metadata: ObjectMeta = {}): StoredService {
  return stored(desiredService(owner, memberName(owner, ordinal)), metadata);
}

/** The member's claim, bound to a volume of its own. */
export function claim(
  owner: StoredNodeDeployment,
  ordinal: number,
  change: {
    readonly metadata?: ObjectMeta;
    readonly spec?: Partial<Claim['spec']>;
    readonly status?: Claim['status'];
  } = {},
): StoredClaim {
  const { storage } = owner.spec;
  if (storage === undefined) throw new Error('claim: the deployment has no spec.storage');
  const name = memberName(owner, ordinal);
  const object = desiredClaim(owner, storage, name, undefined);
  return {
    ...stored(object, change.metadata),
    spec: { ...object.spec, volumeName: `pv-${name}`, ...change.spec },
    status: change.status ?? { phase: 'Bound', capacity: { storage: storage.size } },
  };
}

export interface PodChange {
  readonly ready?: boolean;
  readonly readySince?: string;
  readonly phase?: string;
  readonly surge?: boolean;
  readonly isTerminating?: boolean;
  /** Why its container waits. */
  readonly waiting?: string;
  readonly metadata?: ObjectMeta;
}

/** The member's pod: running on machine `m1`, and Ready for an hour. */
export function pod(owner: StoredNodeDeployment, ordinal: number, change: PodChange = {}): StoredPod {
  const { ready = true, readySince = at(-3600), phase = 'Running', surge = false, waiting, metadata = {} } = change;
  const member = memberName(owner, ordinal);
  const template = podTemplate(owner, member, revisionOf(owner.spec));
  const labels = { ...template.metadata?.labels, ...(surge ? { [LABEL.surge]: 'true' } : {}) };
  const deletion = change.isTerminating === true ? { deletionTimestamp: at(-5) } : {};
  const name = `${surge ? surgeName(member) : member}-0`;
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: readySince }];
  const container = { name: 'app', image: '', imageID: '', ready: false, restartCount: 0 };
  return stored(
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels, ...deletion },
      ...(template.spec === undefined ? {} : { spec: { ...template.spec, nodeName: 'm1' } }),
      status: {
        phase,
        conditions,
        ...(waiting === undefined
          ? {}
          : { containerStatuses: [{ ...container, state: { waiting: { reason: waiting } } }] }),
      },
    },
    metadata,
  );
}

/** An attachment of the claim's volume to `machine`. */
export function attachment(of: StoredClaim, machine = 'm1', metadata: ObjectMeta = {}): StoredAttachment {
  const persistentVolumeName = of.spec?.volumeName ?? '';
  return stored(
    {
      metadata: { name: `attach-${persistentVolumeName}-${machine}` },
      spec: { attacher: 'csi.example.com', nodeName: machine, source: { persistentVolumeName } },
      status: { attached: true },
    },
    metadata,
  );
}

/** The volume that the claim is bound to, of a driver that attaches. */
export function volumeOf(of: StoredClaim): StoredVolume {
  const name = of.spec?.volumeName ?? '';
  const { namespace = '', name: claimName, uid } = of.metadata;
  const csi = { driver: 'csi.example.com', volumeHandle: name };
  return stored({ metadata: { name }, spec: { csi, claimRef: { namespace, name: claimName, uid } } });
}

/** The driver of those volumes. */
export function csiDriver(attachRequired: boolean): StoredCsiDriver {
  return stored({ metadata: { name: 'csi.example.com' }, spec: { attachRequired } });
}

/** A machine whose condition Ready has been `ready` since `since`. */
export function machine(name: string, ready = 'True', isOutOfService = false, since = at(-7200)): StoredMachine {
  const taints = isOutOfService ? [{ key: OUT_OF_SERVICE, effect: 'NoExecute' }] : [];
  const conditions = [{ type: 'Ready', status: ready, lastTransitionTime: since }];
  return stored({ metadata: { name }, spec: { taints }, status: { conditions } });
}

/** The record of the template in the owner's spec. */
export function record(owner: StoredNodeDeployment, number = 1, metadata: ObjectMeta = {}): StoredControllerRevision {
  return stored(controllerRevision(owner, revisionOf(owner.spec), number), metadata);
}

/** The PodDisruptionBudget that `owner` wants. */
export function budget(owner: StoredNodeDeployment, metadata: ObjectMeta = {}): StoredDisruptionBudget {
  return stored(disruptionBudget(owner), metadata);
}

/** What a fleet at rest has of it. */
function budgetOf(owner: StoredNodeDeployment): StoredDisruptionBudget | undefined {
  return desire(owner).isBudgetWanted ? budget(owner) : undefined;
}

/** The reading of a fleet in which nothing but `read`, the record of its template and its budget exists; the template is accepted. */
export function observe(owner: StoredNodeDeployment, read: Partial<Readings> = {}, now = NOW): Observed {
  const volumes = (read.claims ?? []).map(volumeOf);
  const machines = new Map([['m1', machine('m1')]]);
  const revisions = [record(owner)];
  const readings = { ...NO_READINGS, volumes, machines, revisions, disruptionBudget: budgetOf(owner), ...read };
  return { ...arrange(owner, now, readings), verdict: 'accepted' };
}

/** Everything of a fleet that is at rest on `owner`'s spec, for the given ordinals. */
export function settled(owner: StoredNodeDeployment, ordinals: readonly number[]): Readings {
  const claims = owner.spec.storage === undefined ? [] : ordinals.map((ordinal) => claim(owner, ordinal));
  return {
    ...NO_READINGS,
    machines: new Map([['m1', machine('m1')]]),
    volumes: claims.map(volumeOf),
    statefulSets: ordinals.map((ordinal) => statefulSet(owner, ordinal)),
    services: ordinals.map((ordinal) => service(owner, ordinal)),
    claims,
    pods: ordinals.map((ordinal) => pod(owner, ordinal)),
    attachments: claims.map((one) => attachment(one)),
    revisions: [record(owner)],
    disruptionBudget: budgetOf(owner),
  };
}
