// NodeDeployment v1alpha1: its types, its kind, and how an object from the API server becomes one.
import type { z } from 'zod';

import type { Kind } from '../../kube/kinds.ts';
import type { KubeObject, ObjectMeta, Stored } from '../../kube/object.ts';
import type { Frozen } from '../../kube/wire.ts';
import { GROUP, VERSION } from './names.ts';
import { specSchema, type storageSchema } from './spec.ts';
import type {
  conditionSchema,
  handoffSchema,
  memberSchema,
  pastPlanSchema,
  planSchema,
  statusSchema,
  suspectSchema,
} from './status.ts';

export type NodeDeploymentSpec = Frozen<z.infer<typeof specSchema>>;
export type Storage = Frozen<z.infer<typeof storageSchema>>;
export type NodeDeploymentStatus = Frozen<z.infer<typeof statusSchema>>;
export type Condition = Frozen<z.infer<typeof conditionSchema>>;
export type RolloutPlan = Frozen<z.infer<typeof planSchema>>;
export type PastPlan = Frozen<z.infer<typeof pastPlanSchema>>;
export type Suspect = Frozen<z.infer<typeof suspectSchema>>;
export type Handoff = Frozen<z.infer<typeof handoffSchema>>;
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

/**
 * Checks a spec from the API server and fills in its defaults.
 *
 * The CRD has done both already, except where an older CRD, or one with pruned rules, is installed: what it lets through
 * shows as `Accepted=False` with this message, and never reaches the domain.
 */
export function decodeSpec(spec: unknown): SpecDecoding {
  const parsed = specSchema.safeParse(spec);
  if (parsed.success) return { ok: true, spec: parsed.data };
  const problems = parsed.error.issues.map((issue) => `spec.${issue.path.join('.')}: ${issue.message}`);
  return { ok: false, message: problems.slice(0, 5).join('; ') };
}
