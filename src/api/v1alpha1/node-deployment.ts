// NodeDeployment v1alpha1: its types, its kind, and how an object from the API server becomes one.
import type { z } from 'zod';

import type { Kind } from '../../kube/kinds.ts';
import { type KubeObject, type ObjectMeta, type Stored, isTerminating } from '../../kube/object.ts';
import type { Frozen } from '../../kube/wire.ts';
import { brokenBelts } from './belts.ts';
import { GROUP, VERSION } from './names.ts';
import { describeIssues } from './problems.ts';
import { specSchema, type storageSchema } from './spec.ts';
import type {
  conditionSchema,
  consumerStatusSchema,
  handoffSchema,
  memberSchema,
  pastPlanSchema,
  planSchema,
  statusSchema,
  suspectSchema,
} from './status.ts';

export type NodeDeploymentSpec = Frozen<z.infer<typeof specSchema>>;
export type Consumer = NonNullable<NodeDeploymentSpec['consumers']>[number];
export type Storage = Frozen<z.infer<typeof storageSchema>>;
export type NodeDeploymentStatus = Frozen<z.infer<typeof statusSchema>>;
export type Condition = Frozen<z.infer<typeof conditionSchema>>;
export type RolloutPlan = Frozen<z.infer<typeof planSchema>>;
export type PastPlan = Frozen<z.infer<typeof pastPlanSchema>>;
export type Suspect = Frozen<z.infer<typeof suspectSchema>>;
export type Handoff = Frozen<z.infer<typeof handoffSchema>>;
export type ConsumerStatus = Frozen<z.infer<typeof consumerStatusSchema>>;
export type MemberStatus = Frozen<z.infer<typeof memberSchema>>;

/** A NodeDeployment with all defaults filled in. */
export interface NodeDeployment extends KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: ObjectMeta;
  readonly spec: NodeDeploymentSpec;
  readonly status?: NodeDeploymentStatus;
}
export type StoredNodeDeployment = Stored<NodeDeployment>;

export const NODE_DEPLOYMENT: Kind<NodeDeployment> = {
  group: GROUP,
  version: VERSION,
  kind: 'NodeDeployment',
  plural: 'nodedeployments',
  isNamespaced: true,
};

export type SpecDecoding =
  | { readonly ok: true; readonly spec: NodeDeploymentSpec }
  | { readonly ok: false; readonly message: string };

/** An object whose spec nobody has checked yet. */
type Readable = KubeObject & { readonly metadata: { readonly name: string }; readonly spec?: unknown };

/**
 * Bytes of JSON. The CRD bounds each field, and some of them in sum, in characters; all of them together only this does. The
 * children and each record of a template repeat it, and with the status beside it the object has to fit into 1.5 MB.
 */
const MAX_SPEC_BYTES = 262_144;

const tooLarge = (bytes: number): string =>
  `spec is ${bytes} bytes of JSON: at most ${MAX_SPEC_BYTES}; put scripts and configuration into a ConfigMap`;

/** Problems that a message names; the others show once these are solved. */
const MAX_PROBLEMS = 5;

/**
 * Checks the spec of an object from the API server and fills in its defaults.
 *
 * The CRD has done both already, except where an older CRD, or one with pruned rules, is installed: what it lets through
 * shows as `Accepted=False` with this message, and never reaches the domain. A fleet that is being deleted has only to be
 * readable: what it would do is not done any more.
 *
 * The same spec, by identity, is checked once and gives the same decoded spec again.
 */
export function decodeSpec(object: Readable): SpecDecoding {
  const { bytes, parsed, problems } = examinationOf(object);
  const isTeardown = isTerminating(object);
  if (bytes > MAX_SPEC_BYTES && !isTeardown) return { ok: false, message: tooLarge(bytes) };
  if (parsed !== undefined && (problems.length === 0 || isTeardown)) return { ok: true, spec: parsed };
  return { ok: false, message: problems.slice(0, MAX_PROBLEMS).join('; ') };
}

interface Examination {
  /** Of the object: a rule is about name and spec. */
  readonly name: string;
  /** Of the spec as JSON. */
  readonly bytes: number;
  readonly parsed: NodeDeploymentSpec | undefined;
  readonly problems: readonly string[];
}

/** By the spec as it was read, which nobody changes: each goes when its object does. */
const examinations = new WeakMap<object, Examination>();

function examinationOf({ metadata: { name }, spec }: Readable): Examination {
  if (typeof spec !== 'object' || spec === null) return examine(name, spec);
  const known = examinations.get(spec);
  if (known?.name === name) return known;
  const examination = examine(name, spec);
  examinations.set(spec, examination);
  return examination;
}

function examine(name: string, spec: unknown): Examination {
  const bytes = new TextEncoder().encode(JSON.stringify(spec) ?? '').length;
  const parsed = specSchema.safeParse(spec);
  if (!parsed.success) return { name, bytes, parsed: undefined, problems: describeIssues(parsed.error.issues, spec) };
  return { name, bytes, parsed: parsed.data, problems: brokenBelts({ metadata: { name }, spec: parsed.data }) };
}
