// The last removed pod of each member and of each of its consumers, in its final state: the evidence of how its
// processes ended.
//
// Guarantees: only a deletion that the server told of counts. One that was concluded from a list, after a gap in the
// watch, shows the pod as it was last seen and proves nothing, so it is left out; what is known of an earlier pod
// stays. Not guaranteed: that there is one. The memory begins with the process, and what it holds is bounded by the
// pods of existing NodeDeployments: `forget` is called for the others, by the reconcile that each deletion asks for.
import { LABEL } from '../api/v1alpha1/names.ts';
import { consumerName, ordinalOf } from '../domain/member-name.ts';
import type { Pod, StoredPod } from '../kube/kinds.ts';
import { formatKey, type ObjectKey } from '../kube/object.ts';
import type { Change } from '../runtime/cache/change.ts';

/** Twice as many pods as the members and consumers of a NodeDeployment can have. Anybody can label pods: the oldest go. */
const MAX_PODS = 4608;

export class RemovedPods {
  /** By deployment, then by name of the member or consumer, the latest last. */
  readonly #pods = new Map<string, Map<string, StoredPod>>();

  /** How many NodeDeployments it remembers pods of. */
  get size(): number {
    return this.#pods.size;
  }

  /** Takes note of a change of any pod. Surge pods do not count: they never have a volume of their own. */
  record(change: Change<Pod>): void {
    if (change.type !== 'deleted' || !change.isFinal) return;
    const { namespace = '', labels = {} } = change.object.metadata;
    const { [LABEL.deployment]: name = '', [LABEL.member]: own, [LABEL.surge]: surge } = labels;
    const { [LABEL.consumerOf]: used, [LABEL.consumer]: consumer = '' } = labels;
    const member = own ?? used ?? '';
    if (surge !== undefined || ordinalOf(name, member) === undefined) return;
    const whose = own === undefined ? consumerName(member, consumer) : member;
    const key = formatKey({ namespace, name });
    const pods = this.#pods.get(key) ?? new Map<string, StoredPod>();
    this.#pods.set(key, pods);
    pods.delete(whose);
    pods.set(whose, change.object);
    const [oldest] = pods.keys();
    if (pods.size > MAX_PODS && oldest !== undefined) pods.delete(oldest);
  }

  /** By name of the member or consumer, those of one NodeDeployment, as they are now. */
  of(deployment: ObjectKey): ReadonlyMap<string, StoredPod> {
    return new Map(this.#pods.get(formatKey(deployment)));
  }

  /** The NodeDeployment is gone. */
  forget(deployment: ObjectKey): void {
    this.#pods.delete(formatKey(deployment));
  }
}
