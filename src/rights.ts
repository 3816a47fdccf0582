// What the operator asks of the API server: the one declaration. `make generate` turns it into the roles of config/rbac and
// of the Helm chart, docs/rights.md is held against it, and so is every request of the tests on the real API server: nothing
// is asked that is not granted here, and nothing is granted that nobody asks (test/envtest/support/asked.ts).
//
// An apply is a PATCH, and needs `create` too where the object is not there yet.
import { LEASE_NAME } from './api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from './api/v1alpha1/node-deployment.ts';
import {
  ATTACHMENT,
  CLAIM,
  CONTROLLER_REVISION,
  CSI_DRIVER,
  DISRUPTION_BUDGET,
  EVENT,
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
  /** Who asks; where nobody does over the wire, why it is granted all the same. */
  readonly askedBy: string;
}

/** A reflector's list and watch, and the live reads. */
const FOLLOW: readonly Verb[] = ['get', 'list', 'watch'];
/** What a child that is applied and deleted needs besides. */
const OWN: readonly Verb[] = [...FOLLOW, 'create', 'patch', 'delete'];

const CHILDREN = [STATEFUL_SET, CONTROLLER_REVISION, DISRUPTION_BUDGET, SERVICE, CLAIM];

/** In each namespace that it serves. */
export const IN_NAMESPACE: readonly Right[] = [
  { kind: NODE_DEPLOYMENT, verbs: [...FOLLOW, 'patch'], askedBy: 'controller/informers.ts; execute.ts: its finalizer' },
  { kind: NODE_DEPLOYMENT, subresource: 'status', verbs: ['patch'], askedBy: 'controller/report.ts' },
  {
    kind: NODE_DEPLOYMENT,
    subresource: 'finalizers',
    verbs: ['update'],
    askedBy:
      'the admission plugin OwnerReferencesPermissionEnforcement (on in OpenShift) of whoever makes a child that blocks the deletion of its owner',
  },
  ...CHILDREN.map((kind) => ({ kind, verbs: OWN, askedBy: 'controller/execute.ts' })),
  { kind: POD, verbs: FOLLOW, askedBy: 'controller/informers.ts, live-proof.ts' },
  { kind: EVENT, verbs: ['create', 'patch'], askedBy: 'runtime/events/event-queue.ts' },
];

/** In the cluster; the operator runs without them, and knows less (docs/rights.md). */
export const IN_CLUSTER: readonly Right[] = [ATTACHMENT, VOLUME, MACHINE, CSI_DRIVER].map((kind) => ({
  kind,
  verbs: FOLLOW,
  askedBy: 'controller/informers.ts, live-proof.ts',
}));

/** In the operator's own namespace, while it runs with `--leader-elect`. */
export const OF_LEADER: readonly Right[] = [
  {
    kind: LEASE,
    name: LEASE_NAME,
    verbs: ['get', 'watch', 'patch'],
    askedBy: 'runtime/leader-election/lease-store.ts',
  },
  { kind: LEASE, verbs: ['create'], askedBy: 'runtime/leader-election/lease-store.ts' },
];
