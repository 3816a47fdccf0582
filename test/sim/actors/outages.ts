// Machines that fail, and what the cluster makes of it: the node lifecycle controller, the garbage collector of pods,
// and the person who says that a machine is off.
//
// A machine falls silent (its processes run on, and nobody hears of them), or is off (they have ended, and nobody
// knows). After 40 s it is not Ready, nor are its pods; after a minute more they are told to end, which nobody there
// hears. Of one that is off somebody may say so by the taint out-of-service: then its pods are removed. In the end it
// comes back, the taint is taken off, and its kubelet does what it has missed.
import { MACHINE, POD, type Machine, type Pod } from '../../../src/kube/kinds.ts';
import { OUT_OF_SERVICE } from '../../../src/domain/machines.ts';
import { isTerminating, keyOf, type Stored } from '../../../src/kube/object.ts';
import { isTerminal } from '../../../src/kube/pods.ts';
import type { Choices } from '../choices.ts';
import type { ModelServer } from '../model/api-server.ts';
import type { Json } from '../model/document.ts';
import type { SimClock } from '../sim-clock.ts';
import type { Processes } from './processes.ts';

/** The first is the ordinary course. */
const KINDS = ['none', 'silent', 'off'] as const;
export type Outage = Exclude<(typeof KINDS)[number], 'none'>;

export const MACHINES = ['m1', 'm2', 'm3'] as const;
const EVERY_MS = 10_000;
const LASTS_MS = [60_000, 20_000, 240_000] as const;
const UNHEARD_MS = 40_000;
const EVICTED_MS = 60_000;
const TOLD_MS = 30_000;
const LIFECYCLE = { by: 'node-lifecycle-controller', verb: 'update', subresource: 'status' } as const;
const PERSON = { by: 'kubectl', verb: 'update' } as const;

interface Parts {
  readonly server: ModelServer;
  readonly clock: SimClock;
  readonly choices: Choices;
  readonly processes: Processes;
  readonly onChange: (text: string) => void;
}

export class Outages {
  readonly #parts: Parts;
  readonly #now = new Map<string, Outage>();
  readonly #returns: (() => void)[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#next();
  }

  /** Whether nobody hears of the machine, and it of nobody. */
  isOut(machine: string | undefined): boolean {
    return machine !== undefined && this.#now.has(machine);
  }

  /** Called when a machine is back. */
  onReturn(listener: () => void): void {
    this.#returns.push(listener);
  }

  #next(): void {
    const { clock, choices } = this.#parts;
    clock.plan(EVERY_MS, () => {
      const kind = choices.pick('fault.machine', KINDS);
      const machine = MACHINES[kind === 'none' ? 0 : choices.choose('world.broken-machine', MACHINES.length)];
      if (kind !== 'none' && machine !== undefined && !this.isOut(machine)) this.#begin(machine, kind);
      this.#next();
    });
  }

  #begin(machine: string, kind: Outage): void {
    const { clock, choices, processes, onChange } = this.#parts;
    onChange(`machine ${machine} is ${kind}`);
    this.#now.set(machine, kind);
    if (kind === 'off') processes.endAll(machine);
    const lastsMs = choices.pick('world.outage-lasts', LASTS_MS);
    const isTold = kind === 'off' && choices.pick('world.out-of-service', [false, true]);
    const during = (delayMs: number, then: () => void): void => {
      if (delayMs < lastsMs) clock.plan(delayMs, then);
    };
    during(UNHEARD_MS, () => this.#miss(machine));
    during(UNHEARD_MS + EVICTED_MS, () => this.#evict(machine));
    if (isTold) during(UNHEARD_MS + TOLD_MS, () => this.#free(machine));
    clock.plan(lastsMs, () => this.#end(machine));
  }

  /** Nobody has heard of it for so long that neither it nor its pods count as Ready. */
  #miss(machine: string): void {
    this.#tellReady(machine, 'Unknown');
    for (const pod of this.#podsOn(machine)) {
      const conditions = pod.status?.conditions?.map((one) =>
        one.type === 'Ready' ? { ...one, status: 'False', lastTransitionTime: this.#parts.server.timestamp } : one,
      );
      if (conditions !== undefined && !isTerminal(pod)) this.#update(pod, { ...pod.status, conditions });
    }
  }

  #evict(machine: string): void {
    const write = { by: LIFECYCLE.by, verb: 'delete' } as const;
    for (const pod of this.#podsOn(machine))
      if (!isTerminating(pod)) this.#parts.server.delete(POD, keyOf(pod), { uid: pod.metadata.uid }, write);
  }

  /** Somebody knows that it is off. What ends there is failed, and removed. */
  #free(machine: string): void {
    this.#parts.onChange(`machine ${machine} is said to be out of service`);
    this.#taint(machine, [{ key: OUT_OF_SERVICE, value: 'nodeshutdown', effect: 'NoExecute' }]);
    this.#evict(machine);
    const write = { by: 'pod-garbage-collector', verb: 'delete' } as const;
    for (const pod of this.#podsOn(machine)) {
      const { uid } = pod.metadata;
      if (!isTerminal(pod)) this.#update(pod, { ...pod.status, phase: 'Failed' });
      this.#parts.server.delete(POD, keyOf(pod), { uid, gracePeriodSeconds: 0 }, write);
    }
  }

  #end(machine: string): void {
    this.#parts.onChange(`machine ${machine} is back`);
    this.#now.delete(machine);
    this.#taint(machine, []);
    this.#tellReady(machine, 'True');
    for (const listener of this.#returns) listener();
  }

  #tellReady(name: string, status: string): void {
    const { server } = this.#parts;
    const live = this.#machine(name);
    const ready = live?.status?.conditions?.find(({ type }) => type === 'Ready');
    if (live === undefined || ready?.status === status) return;
    const conditions = [{ type: 'Ready', status, lastTransitionTime: server.timestamp }];
    server.update(MACHINE, keyOf(live), asJson({ ...live, status: { ...live.status, conditions } }), LIFECYCLE);
  }

  #taint(name: string, taints: readonly object[]): void {
    const live = this.#machine(name);
    if (live === undefined || (live.spec?.taints ?? []).length === taints.length) return;
    this.#parts.server.update(MACHINE, keyOf(live), asJson({ ...live, spec: { ...live.spec, taints } }), PERSON);
  }

  #update(pod: Stored<Pod>, status: object): void {
    this.#parts.server.update(POD, keyOf(pod), asJson({ ...pod, status }), LIFECYCLE);
  }

  #machine(name: string): Stored<Machine> | undefined {
    return this.#parts.server.store.get(MACHINE, { namespace: '', name });
  }

  #podsOn(machine: string): readonly Stored<Pod>[] {
    const pods = this.#parts.server.store.list(POD) as unknown as readonly Stored<Pod>[];
    return pods.filter(({ spec }) => spec?.nodeName === machine);
  }
}

const asJson = (object: object): Json => object as Json;
