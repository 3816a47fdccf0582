// What a user reads: the zod schema of `status`. Everything in it is computed from objects that were read.
import { z } from 'zod';

import { CONSUMER_KINDS, MAX_CONSUMERS, MAX_REPLICAS } from './spec.ts';
import { CONSUMER_PHASES, MEMBER_PHASES } from './conditions.ts';

const counter = (describe: string) => z.int32().min(0).optional().describe(describe);
const text = (maximum: number, describe: string) => z.string().max(maximum).optional().describe(describe);
const time = (describe: string) => z.iso.datetime().meta({ format: 'date-time' }).describe(describe);
/** Pods that `status.members[].suspects` tells one by one: the member's and one of each consumer can go at once. */
export const MAX_SUSPECTS = 1 + MAX_CONSUMERS;
/** Of `status.members`: those of the spec, and those that go. */
export const MAX_MEMBERS = 512;
/** Of `status.retainedClaims`: those of members that a spec can ask for are the first, and no more. */
export const MAX_RETAINED_CLAIMS = 256;
export const MAX_CONDITIONS = 32;

const listMap = (...keys: string[]) => ({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys });
/** Written as a whole, by one writer: the API server notes who that is once, and not for each field (docs/decisions/0015). */
const AS_A_WHOLE = { 'x-kubernetes-map-type': 'atomic' };

export const conditionSchema = z
  .object({
    type: z.string().max(316),
    status: z.enum(['True', 'False', 'Unknown']),
    observedGeneration: z.int().min(0).meta({ format: 'int64' }).optional(),
    lastTransitionTime: time('When the status last changed.'),
    reason: z.string().min(1).max(1024),
    // The conventions allow 32,768: thirty-two of those are more than etcd stores.
    message: z.string().max(4096),
  })
  .describe('A condition, as in the Kubernetes API conventions.');

export const planSchema = z
  .object({
    id: z
      .string()
      .max(63)
      .describe('Hash of uid, generation, purpose and target revision: racing reconciles build the same one.'),
    purpose: z.enum(['Rollout']).describe('Why there is a plan.'),
    generation: z
      .int()
      .min(0)
      .meta({ format: 'int64' })
      .describe('Generation of the spec that the plan was made from.'),
    targetRevision: z.string().max(63).describe('Revision that the members move to.'),
    phase: z.enum(['Active', 'Completed', 'Superseded']).describe('A plan is live while Active.'),
    createdAt: time('When the plan was made.'),
    members: z
      .array(z.string().max(63))
      .max(MAX_REPLICAS)
      .describe('Members that were outdated when the plan was made.'),
  })
  .describe('The intent to roll out, persisted before any of its effects.');

const step = (describe: string) => time(describe).optional();

export const handoffSchema = z
  .object({
    stoppedAt: step('When the member was told to stop.'),
    podUID: text(63, 'The pod that was stopped.'),
    nodeName: text(253, 'The machine that it ran on.'),
    podGoneAt: step('When it was first seen to be gone.'),
    removedBy: z
      .enum(['Kubelet', 'Other'])
      .optional()
      .describe('Who removed it: the kubelet after its processes had ended, or somebody who did not wait for that.'),
    detachedAt: step('When its volume was first seen to be detached.'),
    startedAt: step('When the next pod was made.'),
    completedAt: step('When that pod was available.'),
  })
  .describe('The last hand-off of the member, step by step.');

/** The record that the text holds; undefined where it holds none. */
export function decodeHandoff(text: string): z.infer<typeof handoffSchema> | undefined {
  try {
    return handoffSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export const suspectSchema = z
  .object({
    podUID: z.string().max(63).describe('The pod.'),
    nodeName: z.string().max(253).describe('The machine that it ran on.'),
    goneAt: time('When it was first seen to be gone.'),
    consumer: text(63, 'The consumer that it belonged to. Absent: it was the pod of the member.'),
    isForced: z.boolean().describe('Whether it was seen to be removed by force; else nobody watched.'),
  })
  .describe('A pod that went without the word of its kubelet that its processes have ended.');

export const consumerStatusSchema = z
  .object({
    name: z.string().max(63).describe('Name of the consumer.'),
    kind: z.enum(CONSUMER_KINDS),
    phase: z.enum(CONSUMER_PHASES).describe('Where the consumer is in its life.'),
    podUID: text(63, 'Its pod.'),
    nodeName: text(253, 'The machine that its pod runs on.'),
    skippedRunAt: time(
      'When the run was due that was skipped last, because the member was not there for it.',
    ).optional(),
    message: text(256, 'What it waits for, or what is wrong.'),
  })
  .describe("What uses the member's volume besides the member.");

export const memberSchema = z.object({
  name: z.string().max(63).describe('Name of the member.'),
  phase: z.enum(MEMBER_PHASES).describe('Where the member is in its life.'),
  reason: text(64, 'Why it is there, in one word.'),
  message: text(512, 'What it waits for, and what to do.'),
  revision: text(63, 'Revision that the member runs.'),
  podUID: text(63, 'The pod of the member.'),
  nodeName: text(253, 'The machine that the pod runs on.'),
  claim: z
    .object({
      name: z.string().max(253),
      uid: z.string().max(63),
      requested: text(64, 'Requested size.'),
      capacity: text(64, 'Size of the bound volume.'),
    })
    .optional()
    .describe('The claim of the member.'),
  attachment: z
    .object({
      state: z.enum(['Attached', 'Attaching', 'Detaching', 'Detached', 'Unknown']),
      since: time('Since when, from the attachment itself.').optional(),
    })
    .optional()
    .describe("Whether the member's volume is attached to a machine."),
  handoff: handoffSchema.optional(),
  consumers: z
    .array(consumerStatusSchema)
    .max(MAX_CONSUMERS)
    .optional()
    .meta(listMap('name'))
    .describe("The consumers of the member's volume, as in the spec."),
  suspects: z
    .array(suspectSchema)
    .max(MAX_SUSPECTS)
    .optional()
    .meta(listMap('podUID'))
    .describe('Pods that may still write to a volume of which no VolumeAttachment tells.'),
});

/** What the lines of `status.members` may lack, in the order in which it goes. */
export const OMISSIONS = [
  'SurplusMembers',
  'FinishedHandoffs',
  'LongMessages',
  'Consumers',
  'Machines',
  'Details',
  'Messages',
  'ConsumerMachines',
  'Suspects',
] as const;
export type Omission = (typeof OMISSIONS)[number];

const retainedClaimSchema = z.object({
  name: z.string().max(253),
  uid: z.string().max(63),
  size: text(64, 'Size of the claim.'),
  since: time('Since when no member uses it.'),
  reason: z.enum(['ScaledDown', 'Orphaned']).describe('Why it was left behind.'),
});

/** Plans that `status.history` keeps. */
export const MAX_HISTORY = 10;

export const pastPlanSchema = planSchema
  .pick({ id: true, generation: true, targetRevision: true, createdAt: true })
  .extend({ phase: z.enum(['Completed', 'Superseded']), endedAt: time('When it was first seen to have ended.') })
  .describe('A plan that ended.');

export const statusSchema = z
  .object({
    observedGeneration: z
      .int()
      .min(0)
      .meta({ format: 'int64' })
      .optional()
      .describe('Generation that this status speaks of.'),
    replicas: counter('Members that have a pod.'),
    readyReplicas: counter('Members whose pod is Ready.'),
    updatedReplicas: counter('Members whose pod runs the update revision.'),
    availableReplicas: counter('Members whose pod has been Ready for minReadySeconds.'),
    readyConsumers: counter('Consumers that run, or wait for their next run, counted for each member.'),
    selector: text(512, 'Label selector of the pods, for the scale subresource.'),
    currentRevision: text(63, 'Revision that every member ran when they last agreed.'),
    updateRevision: text(63, 'Revision of the template in the spec.'),
    largestCapacity: text(64, 'Largest capacity seen on a claim: storage.size never goes below it.'),
    plan: planSchema.meta(AS_A_WHOLE).optional(),
    history: z
      .array(pastPlanSchema.meta(AS_A_WHOLE))
      .max(MAX_HISTORY)
      .optional()
      .meta(listMap('id'))
      .describe('Plans that ended, newest first.'),
    members: z
      .array(memberSchema.meta(AS_A_WHOLE))
      .max(MAX_MEMBERS)
      .optional()
      .meta(listMap('name'))
      .describe('The members, by ordinal.'),
    omitted: z
      .array(z.enum(OMISSIONS))
      .max(OMISSIONS.length)
      .optional()
      .describe(
        'What the lines of members lack because the status would be too large with it. The pods, claims, volume attachments and Events of the fleet tell it.',
      ),
    retainedClaims: z
      .array(retainedClaimSchema.meta(AS_A_WHOLE))
      .max(1024)
      .optional()
      .meta(listMap('name'))
      .describe('Claims that were left behind on purpose.'),
    conditions: z
      .array(conditionSchema.meta(AS_A_WHOLE))
      .max(MAX_CONDITIONS)
      .optional()
      .meta(listMap('type'))
      .describe('Conditions of the fleet.'),
  })
  .describe('The observed fleet.');
