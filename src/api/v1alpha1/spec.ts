// What a user writes: the zod schema of `spec` is the one source of the CRD, the types, the defaults and the docs.
//
// Descriptions are what `kubectl explain` prints. Rules that need more than one field, or the old object, are CEL:
// rules.ts.
import { z } from 'zod';

import type { PodTemplate } from '../../kube/kinds.ts';
import { shapeProblems } from './template-shape.ts';

/** Larger fleets are several NodeDeployments: the member list in status has to stay small. */
export const MAX_REPLICAS = 256;

const count = (describe: string, maximum = 2_147_483_647) => z.int32().min(0).max(maximum).describe(describe);

const NO_AMOUNT = 'neither a whole number nor a percentage from 0% to 100%';

const intOrPercent = (describe: string) =>
  z
    .union([z.int32().min(0), z.string().regex(/^(100|[1-9]?[0-9])%$/, NO_AMOUNT)], { error: NO_AMOUNT })
    .meta({ 'x-kubernetes-int-or-string': true })
    .describe(describe);

const retentionPolicy = z.enum(['Retain', 'Delete']);

const retention = z
  .object({
    onDelete: retentionPolicy
      .default('Retain')
      .describe('What happens to the claims when the NodeDeployment is deleted.'),
    onScaleDown: retentionPolicy.default('Retain').describe("What happens to a member's claim when it is scaled away."),
  })
  .describe('Which claims outlive their use. The default keeps all of them.');

export const storageSchema = z
  .object({
    size: z
      .string()
      .min(1)
      .max(32)
      .describe(
        "Requested size of each member's claim, for example 500Gi. At least 1Mi, at most 64Ti. Grows; never below status.largestCapacity, the largest volume there is.",
      ),
    mountPath: z
      .string()
      .max(512)
      .optional()
      .describe(
        'Mounts the volume data here in the first container, when no container mounts it itself. An absolute path.',
      ),
    storageClassName: z
      .string()
      .max(253)
      .optional()
      .describe("Absent: the cluster's default class. Empty string: no dynamic provisioning. Immutable."),
    accessMode: z
      .enum(['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany'])
      .default('ReadWriteOnce')
      .describe('Who may mount the volume at once. Immutable.'),
    retention: retention.prefault({}),
    existingClaims: z
      .enum(['AdoptOwn', 'AdoptAny', 'Reject'])
      .default('AdoptOwn')
      .describe(
        "What to do when a claim of a member's name already exists. AdoptOwn takes one that a fleet of this name left behind, AdoptAny takes any, Reject takes none.",
      ),
  })
  .describe('Makes the members persistent: one claim each. May be added later, never removed.');

const rolloutSchema = z
  .object({
    strategy: z
      .enum(['Auto', 'Recreate', 'RollingUpdate'])
      .default('Auto')
      .describe(
        'Recreate stops a member, waits until its volume is detached, then starts it anew. RollingUpdate starts a replacement first. Auto takes Recreate for single-writer volumes, RollingUpdate otherwise.',
      ),
    maxUnavailable: intOrPercent(
      'Members that may be unavailable at once because of a rollout: a number or a percentage.',
    ).default(1),
    maxSurge: intOrPercent('Extra members that a RollingUpdate may start: a number or a percentage.').default(1),
    partition: count('Ordinals below it keep the old revision.').default(0),
    paused: z.boolean().default(false).describe('Starts no further hand-off. Healing and scaling go on.'),
    minReadySeconds: count('Seconds that a member has to be Ready before it counts as available.', 86_400).default(0),
    progressDeadlineSeconds: count(
      'Seconds after which a member of the new revision that is not available stops the rollout.',
      604_800,
    ).default(600),
    detach: z
      .enum(['Required', 'BestEffort'])
      .default('Required')
      .describe(
        'Required never starts a member before its volume is detached. BestEffort goes on after detachTimeoutSeconds.',
      ),
    detachTimeoutSeconds: z
      .int32()
      .min(30)
      .max(86_400)
      .default(420)
      .describe(
        "Seconds to wait for a volume's detachment. The default is longer than the 6 minutes of a forced detach.",
      ),
  })
  .describe('How a change of the template reaches the members.');

const servicePort = z.object({
  name: z
    .string()
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
    .optional()
    .describe('Name of the port; required when there are several.'),
  port: z.int32().min(1).max(65_535).describe('Port of the Service.'),
  targetPort: z
    .union([z.int32().min(1).max(65_535), z.string().min(1).max(15)], {
      error: 'neither a port from 1 to 65535 nor the name of one',
    })
    .meta({ 'x-kubernetes-int-or-string': true })
    .optional()
    .describe('Port number or name in the pod; the same as port when absent.'),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).default('TCP').describe('IP protocol.'),
  appProtocol: z.string().max(253).optional().describe('Application protocol, as in a Service.'),
});

const serviceSchema = z
  .object({
    ports: z
      .array(servicePort)
      .max(32)
      .default([])
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['port', 'protocol'] })
      .describe('Ports of each member Service.'),
    annotations: z
      .record(z.string().max(317), z.string().max(4096))
      .meta({ maxProperties: 32 })
      .default({})
      .describe('Annotations of each member Service.'),
  })
  .describe('The headless Service of each member.');

/** A pod template whose real schema is the API server's own: hack/generate-crds.ts puts it in. */
const podTemplate = z
  .custom<PodTemplate>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'not an object',
    abort: true,
  })
  .check(({ value, issues }) => {
    for (const { path, limit } of shapeProblems(value))
      issues.push({ code: 'custom', path, message: limit, input: value });
  });

/** More users of one volume are hardly one workload any more; the rules of the CRD cost more with each. */
export const MAX_CONSUMERS = 8;
export const CONSUMER_KINDS = ['Sidecar', 'Follower', 'CronJob'] as const;

const consumerSchema = z.object({
  name: z
    .string()
    .min(1)
    .max(45)
    .describe('Name of the consumer, unique in the fleet. With metadata.name at most 47 characters.'),
  kind: z
    .enum(CONSUMER_KINDS)
    .describe(
      "Sidecar: containers, or native sidecars, of the member's own pod. Follower: a pod of its own on the member's machine. CronJob: runs there by a schedule, one at a time.",
    ),
  schedule: z
    .string()
    .max(128)
    .optional()
    .describe(
      'When a CronJob runs, for example "0 3 * * *". A run that comes due while its member is stopped or in a hand-off is skipped, unless that is over within a minute.',
    ),
  timeZone: z
    .string()
    .max(64)
    .optional()
    .describe('Time zone of the schedule, for example Europe/Berlin. Default: Etc/UTC.'),
  template: podTemplate.describe(
    "What runs. Containers mount the member's volume as data. Of a Sidecar only containers, initContainers and volumes count.",
  ),
});

export const specSchema = z
  .object({
    replicas: count('Number of members, with the ordinals 0 to replicas - 1.', MAX_REPLICAS).default(1),
    paused: z.boolean().default(false).describe('The operator changes no child. The status stays true.'),
    suspend: z.boolean().default(false).describe('Every member is stopped. Claims are kept.'),
    template: podTemplate.describe(
      "The pod of each member. The volume data is reserved: it is the member's claim, or an emptyDir without storage.",
    ),
    consumers: z
      .array(consumerSchema)
      .max(MAX_CONSUMERS)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
      .describe("What else uses each member's volume. It runs where the member runs, and only while it does."),
    storage: storageSchema.optional(),
    disruptionBudget: z
      .enum(['Auto', 'None'])
      .default('Auto')
      .describe(
        "Auto: a PodDisruptionBudget of the fleet's name lets an eviction, such as that of a drain, through only while no more members are out than rollout.maxUnavailable. A single member has none, so that it never blocks a drain. None: for a budget of your own, as a pod that two of them select cannot be evicted.",
      ),
    rollout: rolloutSchema.prefault({}),
    service: serviceSchema.prefault({}),
  })
  .describe('The wanted fleet.');
