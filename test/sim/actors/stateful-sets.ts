// The StatefulSet controller, for sets of 0 or 1 pods with updates on deletion.
import { POD, STATEFUL_SET, type Pod, type StatefulSet } from '../../../src/kube/kinds.ts';
import { isTerminating, type Stored } from '../../../src/kube/object.ts';
import { controllerOf, controllerReference } from '../../../src/kube/owner-references.ts';
import { isTerminal, readySinceMs } from '../../../src/kube/pods.ts';
import { Actor, type Cluster } from './actor.ts';

export class StatefulSetController extends Actor {
  constructor(cluster: Cluster) {
    super('statefulset-controller', cluster, [STATEFUL_SET, POD]);
  }

  protected act(): void {
    for (const set of this.list(STATEFUL_SET)) this.#reconcile(set);
  }

  #reconcile(set: Stored<StatefulSet>): void {
    const { namespace = '', name } = set.metadata;
    const pod = this.get(POD, { namespace, name: `${name}-0` });
    const isOurs = pod !== undefined && controllerOf(pod)?.uid === set.metadata.uid;
    this.#report(set, isOurs ? pod : undefined);
    if (isTerminating(set)) return;
    if (pod === undefined) {
      if (set.spec?.replicas !== 0) this.#createPod(set);
    } else if (isOurs && !isTerminating(pod) && (set.spec?.replicas === 0 || isTerminal(pod))) this.delete(POD, pod);
  }

  #createPod(set: Stored<StatefulSet>): void {
    const { namespace, name } = set.metadata;
    const template = set.spec?.template;
    this.create(POD, {
      metadata: {
        name: `${name}-0`,
        namespace,
        labels: template?.metadata?.labels ?? {},
        annotations: template?.metadata?.annotations ?? {},
        ownerReferences: [controllerReference(STATEFUL_SET, set)],
      },
      spec: template?.spec ?? {},
    });
  }

  #report(set: Stored<StatefulSet>, pod: Stored<Pod> | undefined): void {
    const { generation = 0 } = set.metadata;
    const ready = pod !== undefined && readySinceMs(pod) !== undefined ? 1 : 0;
    const status = {
      observedGeneration: generation,
      replicas: pod === undefined ? 0 : 1,
      readyReplicas: ready,
      availableReplicas: ready,
    };
    const { observedGeneration, replicas, readyReplicas } = set.status ?? {};
    if (observedGeneration === generation && replicas === status.replicas && (readyReplicas ?? 0) === ready) return;
    this.update(STATEFUL_SET, set, { status }, 'status');
  }
}
