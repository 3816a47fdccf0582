// The pod templates that a fleet has had: each is kept as a ControllerRevision.
//
// Guarantees: a template is recorded before any member runs it, with one write; one that is used again becomes the newest
// again, as in a DaemonSet; at rest nothing is written. The oldest go, but none that a member runs or may go back to.
import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import type { NodeDeploymentSpec, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { isApplied } from '../../kube/applied.ts';
import { CONTROLLER_REVISION, type StoredControllerRevision } from '../../kube/kinds.ts';
import { isTerminating, keyOf } from '../../kube/object.ts';
import { controllerOf } from '../../kube/owner-references.ts';
import { type Action, type Recall, readAt } from '../actions.ts';
import { controllerRevision, revisionName } from '../desired/controller-revision.ts';
import type { Desired } from '../desired/desire.ts';
import { revisionOf } from '../desired/pod-template.ts';
import { revisionOfSet } from '../member.ts';
import { type Observed, type ObservedMember, isControlledBy } from '../observed.ts';

/** Records that are kept; as many as a DaemonSet and a StatefulSet keep by default. */
export const MAX_REVISIONS = 10;

/**
 * The records of this very NodeDeployment, oldest first. The StatefulSet controller's records of a member have the same
 * labels, those of its template, and are not among them.
 */
export function revisionsOf({ deployment, revisions }: Observed): readonly StoredControllerRevision[] {
  return revisions
    .filter((record) => isControlledBy(deployment, record) && !isTerminating(record))
    .toSorted((a, b) => a.revision - b.revision);
}

/** What a member is made from: a spec, and the revision that its template is. */
export interface Origin {
  readonly type: 'Origin';
  readonly deployment: StoredNodeDeployment;
  readonly revision: string;
}

/**
 * What a member that is not there is made from: the spec as it is, or, below the partition, with the template that the
 * members last agreed on, as in a StatefulSet. `Recall` while that template is not read. Where it is not known any more,
 * or the spec around it has changed what it would give (the mount path, storage at all), the spec as it is.
 */
export function originOf(desired: Desired, observed: Observed, member: ObservedMember): Origin | Recall {
  const { deployment } = observed;
  const present: Origin = { type: 'Origin', deployment, revision: desired.revision };
  const agreed = deployment.status?.currentRevision;
  const isKeptBack = member.statefulSet === undefined && member.ordinal < deployment.spec.rollout.partition;
  if (!isKeptBack || agreed === undefined || agreed === desired.revision) return present;
  const record = revisionsOf(observed).find(({ metadata }) => metadata.name === revisionName(deployment, agreed));
  if (record === undefined) return present;
  if (record.data === undefined) return { type: 'Recall', key: keyOf(record) };
  const former = { ...deployment, spec: { ...deployment.spec, ...podIn(record, deployment.spec) } };
  return revisionOf(former.spec) === agreed ? { type: 'Origin', deployment: former, revision: agreed } : present;
}

/** The template in the record with its sidecars; the other consumers are those of the spec. */
function podIn({ data }: StoredControllerRevision, { consumers = [] }: NodeDeploymentSpec) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the API types the data of a record as anything; ours is this
  const { spec } = data as { readonly spec: Pick<NodeDeploymentSpec, 'template' | 'consumers'> };
  const others = consumers.filter(({ kind }) => kind !== 'Sidecar');
  return { template: spec.template, consumers: [...(spec.consumers ?? []), ...others] };
}

/** Records the desired template, unless its record is the newest already, and forgets the oldest. */
export function planRevisions(desired: Desired, observed: Observed): readonly Action[] {
  const records = revisionsOf(observed);
  return [...planRecord(desired, observed, records.at(-1)), ...planForgetting(desired, observed, records)];
}

function planRecord(
  desired: Desired,
  { deployment, revisions }: Observed,
  newest: StoredControllerRevision | undefined,
): readonly Action[] {
  const name = revisionName(deployment, desired.revision);
  const existing = revisions.find(({ metadata }) => metadata.name === name);
  const isNewest = existing !== undefined && existing === newest;
  const number = isNewest ? existing.revision : (newest?.revision ?? 0) + 1;
  const object = controllerRevision(deployment, desired.revision, number);
  if (isNewest && isApplied(object.metadata, existing.metadata)) return [];
  const owner = existing && controllerOf(existing);
  // What a deleted fleet of this name has left goes in a moment, and its deletion brings us back here.
  const isForeign = owner !== undefined && owner.uid !== deployment.metadata.uid;
  if (existing !== undefined && (isForeign || isTerminating(existing))) return [];
  return [
    {
      type: 'Apply',
      purpose: 'Ensure',
      member: deployment.metadata.name,
      kind: CONTROLLER_REVISION,
      object,
      fence: readAt(existing),
      fieldManager: FIELD_MANAGER,
    },
  ];
}

function planForgetting(
  desired: Desired,
  { deployment, members }: Observed,
  records: readonly StoredControllerRevision[],
): readonly Action[] {
  const excess = records.length - MAX_REVISIONS;
  if (excess <= 0) return [];
  const used = [
    desired.revision,
    deployment.status?.currentRevision,
    ...members.flatMap(({ statefulSet, surge }) => [revisionOfSet(statefulSet), revisionOfSet(surge)]),
  ];
  const kept = new Set(used.map((revision) => revisionName(deployment, revision ?? '')));
  return records
    .filter(({ metadata }) => !kept.has(metadata.name))
    .slice(0, excess)
    .map(({ metadata }) => ({
      type: 'Delete',
      member: deployment.metadata.name,
      kind: CONTROLLER_REVISION,
      key: { namespace: metadata.namespace ?? '', name: metadata.name },
      uid: metadata.uid,
    }));
}
