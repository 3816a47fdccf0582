// What the operator asks of the API server: the one declaration. `make generate` turns it into the roles of config/rbac
// and of the Helm chart, docs/rights.md is held against it, and so is every request of the tests on the real API
// server: nothing is asked that is not granted here, and nothing is granted that nobody asks
// (test/envtest/support/asked.ts).
//
// An apply is a PATCH, and needs `create` too where the object is not there yet.
import { NODE_DEPLOYMENT } from './api/v1alpha1/node-deployment.ts';
import { DEFAULT_SHARD, leaseNameOf } from './api/v1alpha1/shards.ts';
import {
  ATTACHMENT,
  CLAIM,
  CONTROLLER_REVISION,
  CRON_JOB,
  CSI_DRIVER,
  DISRUPTION_BUDGET,
  EVENT,
  JOB,
  LEASE,
  MACHINE,
  POD,
  SERVICE,
  STATEFUL_SET,
  VOLUME,
  type Kind,
} from './kube/kinds.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

export interface Right {
  /** Where the kind is served. */
  readonly kind: Pick<Kind, 'group' | 'plural'>;
  readonly subresource?: 'status' | 'finalizers';
  readonly verbs: readonly Verb[];
  /** Only an object of this name; absent: all. Never together with `create`, which has no name yet. */
  readonly name?: string;
  /** Why it is granted although the operator never asks for it over the wire. */
  readonly isSilent?: string;
}

/** A reflector watches; it lists where the server cannot stream a list. */
const FOLLOW: readonly Verb[] = ['list', 'watch'];
/** And single objects are read live. */
const READ: readonly Verb[] = ['get', ...FOLLOW];
const OWN: readonly Verb[] = [...READ, 'create', 'patch', 'delete'];

/** In each namespace that it serves. */
export const IN_NAMESPACE: readonly Right[] = [
  { kind: NODE_DEPLOYMENT, verbs: [...READ, 'patch'] },
  { kind: NODE_DEPLOYMENT, subresource: 'status', verbs: ['patch'] },
  {
    kind: NODE_DEPLOYMENT,
    subresource: 'finalizers',
    verbs: ['update'],
    isSilent:
      'OwnerReferencesPermissionEnforcement (on in OpenShift) wants it of who makes children that block a deletion',
  },
  ...[STATEFUL_SET, CONTROLLER_REVISION, CRON_JOB, DISRUPTION_BUDGET, SERVICE, CLAIM].map((kind) => ({
    kind,
    verbs: OWN,
  })),
  { kind: JOB, verbs: [...READ, 'delete'] },
  { kind: POD, verbs: FOLLOW },
  { kind: EVENT, verbs: ['create', 'patch'] },
];

/** In the cluster. The operator runs without them, and knows less (docs/rights.md). */
export const IN_CLUSTER: readonly Right[] = [
  { kind: ATTACHMENT, verbs: FOLLOW },
  { kind: CSI_DRIVER, verbs: FOLLOW },
  { kind: VOLUME, verbs: READ },
  { kind: MACHINE, verbs: READ },
];

/**
 * In its own namespace, with `--leader-elect`: of the leases of its shards. Whether anybody serves a shard that only a label
 * names, it asks too: so it may read any lease there.
 */
export function ofLeader(shards: readonly string[]): readonly Right[] {
  const ours = shards.map((shard): Right => ({ kind: LEASE, verbs: ['watch', 'patch'], name: leaseNameOf(shard) }));
  return [...ours, { kind: LEASE, verbs: ['get', 'create'] }];
}

/** For one that is told of no shards. */
export const OF_LEADER: readonly Right[] = ofLeader([DEFAULT_SHARD]);
