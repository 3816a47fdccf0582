// The StatefulSet controller, for sets of 0 or 1 pods with updates on deletion. Another replica of it may take over
// that sees an older version of a set when it makes its pod, as one does whose first list came from a cache that was
// behind.
import { POD, STATEFUL_SET, type Pod, type PodTemplate, type StatefulSet } from '../../../src/kube/kinds.ts';
import { isTerminating, type Stored } from '../../../src/kube/object.ts';
import { controllerOf, controllerReference } from '../../../src/kube/owner-references.ts';
import { isTerminal, readySinceMs } from '../../../src/kube/pods.ts';
import { isSame } from '../model/document.ts';
import { Actor, type Cluster } from './actor.ts';

export class StatefulSetController extends Actor {
  /** By uid of a set: the template that it has, and the one before. */
  readonly #templates = new Map<string, readonly PodTemplate[]>();

  constructor(cluster: Cluster) {
    super('statefulset-controller', cluster, [STATEFUL_SET, POD]);
  }

  protected act(): void {
    for (const set of this.list(STATEFUL_SET)) {
      this.#remember(set);
      this.#reconcile(set);
    }
  }

  #remember({ metadata: { uid }, spec }: Stored<StatefulSet>): void {
    const [latest] = this.#templates.get(uid) ?? [];
    if (spec === undefined || isSame(latest, spec.template)) return;
    this.#templates.set(uid, [spec.template, ...(latest === undefined ? [] : [latest])]);
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
    const [template = set.spec?.template, before] = this.#templates.get(set.metadata.uid) ?? [];
    const isOlder =
      before !== undefined && this.cluster.choices.pick('fault.takeover', ['none', 'an older view']) !== 'none';
    this.#makePod(set, isOlder ? before : template);
  }

  #makePod(set: Stored<StatefulSet>, template: PodTemplate | undefined): void {
    const { namespace, name } = set.metadata;
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
