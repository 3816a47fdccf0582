// What holds for every child that is applied whole: it is written only if it says something else, and only if it is ours.
import { ANNOTATION, FIELD_MANAGER } from '../api/v1alpha1/names.ts';
import {
  NODE_DEPLOYMENT,
  type NodeDeploymentSpec,
  type StoredNodeDeployment,
} from '../api/v1alpha1/node-deployment.ts';
import { isApplied } from '../kube/applied.ts';
import { type KubeObject, type Stored, isTerminating } from '../kube/object.ts';
import { controllerOf } from '../kube/owner-references.ts';
import { type Action, type Apply, type Wait, readAt } from './actions.ts';
import { type Observed, isControlledBy } from './observed.ts';

/** A child of that name that is not this NodeDeployment's, or is going away, is never touched. */
export function foreignChild(
  { deployment }: Observed,
  member: { readonly name: string },
  child: Stored<KubeObject> | undefined,
  remedy = 'rename the fleet or delete that object',
): Wait | undefined {
  if (child === undefined) return undefined;
  const what = `${child.kind ?? 'object'} ${child.metadata.name}`;
  const wait = { type: 'Wait', member: member.name } as const;
  if (isTerminating(child))
    return {
      ...wait,
      reason: 'ChildTerminating',
      message: `${what} is being deleted; a new one is made once it is gone`,
    };
  if (isControlledBy(deployment, child)) return undefined;
  const owner = controllerOf(child);
  if (owner?.kind === NODE_DEPLOYMENT.kind && owner.name === deployment.metadata.name) {
    return {
      ...wait,
      reason: 'FormerOwner',
      message: `${what} belongs to a deleted NodeDeployment of this name and goes with it`,
    };
  }
  const holder = owner === undefined ? 'nobody' : `${owner.kind} ${owner.name}`;
  const message = `${what} exists and is owned by ${holder}; ${remedy}`;
  return { ...wait, reason: 'ForeignOwner', message, stalled: 'ForeignOwner' };
}

/** By child: the fleet and the spec under which it was found to need nothing. */
const settled = new WeakMap<Stored<KubeObject>, { readonly uid: string; readonly spec: NodeDeploymentSpec }>();

/**
 * What `plan` finds that the child needs, which has to follow from the child and the spec alone. It is asked again when
 * either is another object: what was read, and what was decoded from it, nobody changes.
 */
export function unlessSettled<T extends Action>(
  { metadata: { uid }, spec }: StoredNodeDeployment,
  child: Stored<KubeObject> | undefined,
  plan: () => readonly T[],
): readonly T[] {
  const known = child && settled.get(child);
  if (known?.spec === spec && known.uid === uid) return [];
  const actions = plan();
  if (child !== undefined && actions.length === 0) settled.set(child, { uid, spec });
  return actions;
}

/** One apply, unless the object says it all already. */
export function ensure(
  member: { readonly name: string },
  object: KubeObject,
  current: Stored<KubeObject> | undefined,
  kind: Apply['kind'],
): readonly Action[] {
  const hash = object.metadata?.annotations?.[ANNOTATION.appliedHash];
  const isSame = current?.metadata.annotations?.[ANNOTATION.appliedHash] === hash && isApplied(object, current);
  if (isSame) return [];
  return [
    {
      type: 'Apply',
      purpose: 'Ensure',
      member: member.name,
      kind,
      object,
      fence: readAt(current),
      fieldManager: FIELD_MANAGER,
    },
  ];
}
