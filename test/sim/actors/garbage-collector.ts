// The garbage collector: what has no owner left goes, and owners wait for, or let go of, what they own.
import { NODE_DEPLOYMENT } from '../../../src/api/v1alpha1/node-deployment.ts';
import {
  CONTROLLER_REVISION,
  DISRUPTION_BUDGET,
  POD,
  SERVICE,
  STATEFUL_SET,
  CLAIM,
  type Kind,
} from '../../../src/kube/kinds.ts';
import { isTerminating, type Stored } from '../../../src/kube/object.ts';
import { Actor, type Cluster } from './actor.ts';

const OWNERS: readonly Kind[] = [NODE_DEPLOYMENT, STATEFUL_SET];
const OWNED: readonly Kind[] = [STATEFUL_SET, SERVICE, CONTROLLER_REVISION, DISRUPTION_BUDGET, POD, CLAIM];

export class GarbageCollector extends Actor {
  constructor(cluster: Cluster) {
    super('garbage-collector', cluster, [...new Set([...OWNERS, ...OWNED])]);
  }

  protected act(): void {
    for (const kind of OWNED) for (const object of this.list(kind)) this.#look(kind, object);
    for (const kind of OWNERS) for (const owner of this.list(kind)) this.#finish(kind, owner);
  }

  #look(kind: Kind, object: Stored): void {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0 || isTerminating(object)) return;
    // Asked of the server itself: a view may be late.
    const isAlive = owners.some(({ uid }) =>
      OWNERS.some((owner) => this.cluster.server.store.list(owner).some(({ metadata }) => metadata.uid === uid)),
    );
    if (!isAlive) this.delete(kind, object, { resourceVersion: object.metadata.resourceVersion });
  }

  #finish(kind: Kind, owner: Stored): void {
    const { finalizers = [], uid } = owner.metadata;
    if (!isTerminating(owner)) return;
    const mode = ['orphan', 'foregroundDeletion'].find((one) => finalizers.includes(one));
    if (mode === undefined) return;
    const owned = OWNED.flatMap((child) =>
      this.list(child)
        .filter(({ metadata }) => metadata.ownerReferences?.some((reference) => reference.uid === uid))
        .map((object) => ({ kind: child, object })),
    );
    for (const { kind: child, object } of owned) {
      const ownerReferences = object.metadata.ownerReferences?.filter((reference) => reference.uid !== uid) ?? [];
      if (mode === 'orphan') this.update(child, object, { metadata: { ...object.metadata, ownerReferences } });
      else if (!isTerminating(object)) this.delete(child, object);
    }
    const others = finalizers.filter((one) => one !== mode);
    if (owned.length === 0) this.update(kind, owner, { metadata: { ...owner.metadata, finalizers: others } });
  }
}
