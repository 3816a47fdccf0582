// The names by which nodefleet marks what it owns. They are API: a change orphans the children of every running fleet.

export const GROUP = 'nodefleet.dev';
export const VERSION = 'v1alpha1';

/** Field manager of every child that is applied whole. */
export const FIELD_MANAGER = 'nodefleet';
/** Field manager of the one apply that says only `replicas: 0`: it must not touch the template (docs/decisions/0004). */
export const QUIESCE_FIELD_MANAGER = 'nodefleet-quiesce';
/** Field manager of the applies that give a StatefulSet its update strategy back. */
export const STRATEGY_FIELD_MANAGER = 'nodefleet-strategy';
/** Field manager of the status patch. */
export const STATUS_FIELD_MANAGER = 'nodefleet-status';

/** Who reports our Events: their `reportingController`. */
export const REPORTING_CONTROLLER = `${GROUP}/operator`;

/** The Lease, in the operator's own namespace, that its replicas elect their leader with. Two names are two leaders. */
export const LEASE_NAME = 'nodefleet-operator';

/** Held only under retention Delete: the claims go before the NodeDeployment does. */
export const FINALIZER = 'nodefleet.dev/claims';

export const LABEL = {
  appName: 'app.kubernetes.io/name',
  managedBy: 'app.kubernetes.io/managed-by',
  /** Name of the NodeDeployment. */
  deployment: 'nodefleet.dev/deployment',
  /** Name of the member, `<deployment>-<ordinal>`. */
  member: 'nodefleet.dev/member',
  /** On pods: hash of the pod template that the member runs. */
  revision: 'nodefleet.dev/revision',
  /** `"true"` on a surge StatefulSet and its pods. */
  surge: 'nodefleet.dev/surge',
  /** On what a consumer is made of: name of the member whose volume it uses. Never together with `member`. */
  consumerOf: 'nodefleet.dev/consumer-of',
  /** Name of the consumer in the spec. */
  consumer: 'nodefleet.dev/consumer',
  /** On NodeDeployments, set by people: which shard serves it (shards.ts). Absent: the default one. Children do not have it. */
  shard: 'nodefleet.dev/shard',
} as const;

/** Value of `LABEL.managedBy`. */
export const MANAGED_BY = 'nodefleet';

export const ANNOTATION = {
  /** On claims: uid of the NodeDeployment that last used it. A link without an owner reference, which would delete it. */
  deploymentUid: 'nodefleet.dev/deployment-uid',
  /** On children: hash of what was applied, so that a removed field is noticed. */
  appliedHash: 'nodefleet.dev/applied-hash',
  /** On StatefulSets: when the operator last told it to have no pod. The detach timeout counts from then, or from when the pod is gone. */
  quiescedAt: 'nodefleet.dev/quiesced-at',
  /** On StatefulSets: the steps of the hand-off that its last start ended, for a status that does not tell them yet. */
  handoff: 'nodefleet.dev/handoff',
  /** On StatefulSets: that `updateStrategy.rollingUpdate` is ours, to be left out. */
  strategyTaken: 'nodefleet.dev/strategy-taken',
} as const;

/** The reserved volume: the member's claim, or an emptyDir where there is no storage. */
export const DATA_VOLUME = 'data';
