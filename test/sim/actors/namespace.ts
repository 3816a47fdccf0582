// The namespace that a fleet lives in, when somebody deletes it: all that is in it goes, and nothing new is let in
// until it is empty. Then it is made again at once.
import { NODE_DEPLOYMENT } from '../../../src/api/v1alpha1/node-deployment.ts';
import {
  CLAIM,
  CONTROLLER_REVISION,
  DISRUPTION_BUDGET,
  POD,
  SERVICE,
  STATEFUL_SET,
  type Kind,
} from '../../../src/kube/kinds.ts';
import { isTerminating } from '../../../src/kube/object.ts';
import { Actor, type Cluster } from './actor.ts';

const CONTENT: readonly Kind[] = [
  NODE_DEPLOYMENT,
  STATEFUL_SET,
  SERVICE,
  CLAIM,
  POD,
  CONTROLLER_REVISION,
  DISRUPTION_BUDGET,
];

const LOOKS_MS = 5_000;

export class NamespaceController extends Actor {
  constructor(cluster: Cluster) {
    super('namespace-controller', cluster, CONTENT);
  }

  protected act(): void {
    const { server } = this.cluster;
    if (!server.isNamespaceEnding) return;
    // Asked of the server itself, as a list of what is left is.
    const left = CONTENT.flatMap((kind) => server.store.list(kind).map((object) => ({ kind, object })));
    if (left.length === 0) {
      server.renewNamespace();
      return;
    }
    for (const { kind, object } of left) if (!isTerminating(object)) this.delete(kind, object);
    this.wake(LOOKS_MS);
  }
}
