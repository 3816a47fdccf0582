// Scheduler and kubelets: pods get a machine, start once their volumes are attached, and end when they are deleted.
//
// A kubelet ends the processes of a pod before it lets go of it (KEP-3329). Of a pod that somebody removed by force it
// ends them later, in its own time. One that nobody hears of does nothing until it is back; what has lost its power
// starts again then. An image `bad:*` never becomes Ready.
import { ATTACHMENT, CLAIM, CSI_DRIVER, MACHINE, POD, type Machine, type Pod } from '../../../src/kube/kinds.ts';
import { isTerminating, type Stored } from '../../../src/kube/object.ts';
import { claimsOf, isTerminal } from '../../../src/kube/pods.ts';
import { Actor, type Cluster } from './actor.ts';
import type { Process } from './processes.ts';

const STARTS_MS = [300, 2_000, 20_000] as const;
const ENDS_MS = [400, 3_000, 25_000, 60_000] as const;
const FORCED_END_MS = 60_000;

export class Machines extends Actor {
  readonly #starting = new Set<string>();
  readonly #ending = new Set<string>();

  constructor(cluster: Cluster) {
    super('kubelet', cluster, [POD, CLAIM, ATTACHMENT, MACHINE, CSI_DRIVER]);
    cluster.outages.onReturn(() => this.wake());
  }

  protected act(): void {
    const pods = this.list(POD);
    for (const pod of pods) this.#look(pod);
    const known = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const { podUid, machine } of this.cluster.processes.all())
      if (!known.has(podUid)) this.#endLater({ podUid, machine }, FORCED_END_MS);
  }

  #look(pod: Stored<Pod>): void {
    if (pod.spec?.nodeName === undefined) {
      if (!isTerminating(pod)) this.#schedule(pod);
    } else if (this.cluster.outages.isOut(pod.spec.nodeName)) return;
    else if (isTerminating(pod)) this.#end(pod);
    else if (this.cluster.processes.has(pod.metadata.uid)) this.#recover(pod);
    else if (!isTerminal(pod) && this.#isMountable(pod)) this.#start(pod);
  }

  /** Its machine has not been heard of, and runs it all the same. */
  #recover(pod: Stored<Pod>): void {
    const live = this.#live(pod);
    if (live === undefined || isTerminating(live)) return;
    const { status } = readiness(live, '');
    if (live.status?.conditions?.some((one) => one.type === 'Ready' && one.status !== status)) this.#tellReady(live);
  }

  #schedule(pod: Stored<Pod>): void {
    const { namespace = '' } = pod.metadata;
    const claims = claimsOf(pod).map((name) => this.get(CLAIM, { namespace, name }));
    if (claims.some((claim) => claim?.spec?.volumeName === undefined || isTerminating(claim))) return;
    const admitted = this.list(MACHINE).filter(
      (machine) => isSchedulable(machine) && admits(pod, machine.metadata.name),
    );
    const [first, ...others] = admitted.map(({ metadata }) => metadata.name);
    if (first === undefined || pod.spec === undefined) return;
    const nodeName = this.cluster.choices.pick('world.machine', [first, ...others]);
    this.update(POD, pod, { spec: { ...pod.spec, nodeName } });
  }

  /** Whether every volume that has to be attached is, here, and mounted nowhere by force. */
  #isMountable(pod: Stored<Pod>): boolean {
    const { namespace = '' } = pod.metadata;
    if (this.list(CSI_DRIVER).some(({ spec }) => spec.attachRequired === false)) return true;
    return claimsOf(pod).every((name) => {
      const claim = this.get(CLAIM, { namespace, name });
      if (claim?.spec?.volumeName === undefined) return false;
      return this.list(ATTACHMENT).some(
        ({ spec, status, metadata }) =>
          spec.source.persistentVolumeName === claim.spec?.volumeName &&
          spec.nodeName === pod.spec?.nodeName &&
          metadata.deletionTimestamp === undefined &&
          status?.attached === true,
      );
    });
  }

  #start(pod: Stored<Pod>): void {
    const { uid, name } = pod.metadata;
    if (this.#starting.has(uid)) return;
    this.#starting.add(uid);
    this.later(this.cluster.choices.pick('time.start', STARTS_MS), () => {
      this.#starting.delete(uid);
      const live = this.#live(pod);
      if (this.cluster.outages.isOut(pod.spec?.nodeName)) return;
      if (live === undefined || isTerminating(live) || this.#ending.has(uid)) return;
      this.cluster.processes.start({
        podUid: uid,
        pod: name,
        machine: pod.spec?.nodeName ?? '',
        claims: claimsOf(pod),
        volumes: this.#volumesOf(pod),
      });
      this.#tellReady(live);
    });
  }

  #tellReady(live: Stored<Pod>): void {
    const ready = readiness(live, this.cluster.server.timestamp);
    this.update(POD, live, { status: { ...live.status, phase: 'Running', conditions: [ready] } }, 'status');
  }

  #end(pod: Stored<Pod>): void {
    const { uid: podUid } = pod.metadata;
    const machine = pod.spec?.nodeName ?? '';
    this.#endLater({ podUid, machine }, this.cluster.choices.pick('time.end', ENDS_MS), () => this.#release(pod));
  }

  #release(pod: Stored<Pod>): void {
    const live = this.#live(pod);
    if (live === undefined) return;
    if (!isTerminal(live)) {
      const ready = { type: 'Ready', status: 'False', lastTransitionTime: this.cluster.server.timestamp };
      this.update(POD, live, { status: { ...live.status, phase: 'Succeeded', conditions: [ready] } }, 'status');
    }
    this.delete(POD, live, { gracePeriodSeconds: 0 });
  }

  #endLater(
    { podUid, machine }: Pick<Process, 'podUid' | 'machine'>,
    delayMs: number,
    then: () => void = () => {},
  ): void {
    if (this.#ending.has(podUid) || this.cluster.outages.isOut(machine)) return;
    this.#ending.add(podUid);
    this.later(delayMs, () => {
      this.#ending.delete(podUid);
      // What it has not come to, it does when it is back.
      if (this.cluster.outages.isOut(machine)) return;
      this.cluster.processes.end(podUid);
      then();
      this.wake();
    });
  }

  #volumesOf(pod: Stored<Pod>): readonly string[] {
    const { namespace = '' } = pod.metadata;
    return claimsOf(pod).flatMap((name) => this.get(CLAIM, { namespace, name })?.spec?.volumeName ?? []);
  }

  /** The pod as it is now: a kubelet is the master of its own pods. */
  #live(pod: Stored<Pod>): Stored<Pod> | undefined {
    const { namespace = '', name, uid } = pod.metadata;
    const live = this.cluster.server.store.get(POD, { namespace, name }) as unknown as Stored<Pod> | undefined;
    return live?.metadata.uid === uid ? live : undefined;
  }
}

function readiness({ spec }: Pod, lastTransitionTime: string) {
  const isBad = spec?.containers.some(({ image }) => image?.startsWith('bad:')) ?? false;
  return { type: 'Ready', status: isBad ? 'False' : 'True', lastTransitionTime };
}

function isSchedulable({ spec, status }: Stored<Machine>): boolean {
  const isReady = status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
  return isReady && (spec?.taints ?? []).length === 0;
}

/** Of node affinity the operator writes nothing but the machine's name. */
function admits({ spec }: Stored<Pod>, machine: string): boolean {
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms?.every(({ matchFields = [] }) => matchFields.every(({ values }) => values?.includes(machine))) ?? true;
}
