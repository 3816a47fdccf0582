// Simulated storage: plays the external provisioner, attacher and resizer of a CSI driver, and the kubelet's part in
// mounting, against a real control plane whose own controllers (binder, attach/detach, scheduler) do the rest.
//
// True to life: VolumeAttachments come and go as kube-controller-manager wants them, a pod with a claim is not Ready
// before its volume is attached, a deleted VolumeAttachment stays until it is detached. Slow or stuck is what a test
// says it is, by annotations (see storage/knobs.ts). Lies: unmounting takes no time unless told, no data exists,
// nothing fails unless its storage class says so (see storage/classes.ts).
import { systemClock, type Clock } from '../../src/runtime/clock.ts';
import { createApiClient, type ApiAddress, type ApiClient, type ApiRequest, type Mirror } from './api-client.ts';
import { attach, type AttachDelays } from './storage/attach.ts';
import { CSI_DRIVERS, STORAGE_CLASSES } from './storage/classes.ts';
import { expand } from './storage/expand.ts';
import { mount, reportUse } from './storage/mount.ts';
import { provision, reclaim } from './storage/provision.ts';
import { Timers } from './storage/timers.ts';
import { worldOf, type Objects, type Rule } from './storage/world.ts';

export interface StorageActorOptions extends AttachDelays {
  /** Default: the system's. */
  readonly clock?: Clock;
  /** One line for each write that the API server refused for an unforeseen reason. Default: none. */
  readonly log?: (line: string) => void;
}

export interface StorageActor {
  /** Ends all watches; no write is sent afterwards. */
  stop(): void;
}

/** Creates the storage classes and drivers, then acts in this process until it is stopped. */
export async function startStorageActor(address: ApiAddress, options: StorageActorOptions = {}): Promise<StorageActor> {
  const client = createApiClient(address);
  await Promise.all([
    ...CSI_DRIVERS.map((body) => createOnce(client, '/apis/storage.k8s.io/v1/csidrivers', body)),
    ...STORAGE_CLASSES.map((body) => createOnce(client, '/apis/storage.k8s.io/v1/storageclasses', body)),
  ]);
  const actor = new Actor(client, options);
  return { stop: () => actor.stop() };
}

async function createOnce(client: ApiClient, path: string, body: object): Promise<void> {
  const { status, body: answer } = await client.call({ method: 'POST', path, body });
  if (status !== 201 && status !== 409) throw new Error(`start storage: create at ${path}: ${status} ${answer}`);
}

const COALESCE_MS = 10;
const REPEAT_MS = 500;

/** Level-triggered: on every change it looks at the whole world again, one round of writes at a time. */
class Actor {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #log: (line: string) => void;
  readonly #rules: readonly Rule[];
  readonly #mirrors: { readonly [K in keyof Objects]: Mirror<Objects[K][number]> };
  readonly #timers: Timers;
  #isDirty = false;
  #isActing = false;
  #isStopped = false;

  constructor(client: ApiClient, options: StorageActorOptions) {
    this.#client = client;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? (() => {});
    this.#rules = [provision, reclaim, attach(options), mount, reportUse, expand];
    this.#timers = new Timers(this.#clock, (delayMs) => this.#wakeAfter(delayMs));
    const wake = (): void => this.#wakeAfter(COALESCE_MS);
    this.#mirrors = {
      claims: client.mirror('/api/v1/persistentvolumeclaims', wake),
      volumes: client.mirror('/api/v1/persistentvolumes', wake),
      attachments: client.mirror('/apis/storage.k8s.io/v1/volumeattachments', wake),
      pods: client.mirror('/api/v1/pods', wake),
      machines: client.mirror('/api/v1/nodes', wake),
      classes: client.mirror('/apis/storage.k8s.io/v1/storageclasses', wake),
    };
  }

  stop(): void {
    this.#isStopped = true;
    for (const mirror of Object.values(this.#mirrors)) mirror.close();
    this.#client.close();
  }

  #wakeAfter(delayMs: number): void {
    if (this.#isStopped) return;
    this.#clock.after(delayMs, () => {
      this.#isDirty = true;
      if (!this.#isActing) void this.#act();
    });
  }

  async #act(): Promise<void> {
    this.#isActing = true;
    while (this.#isDirty && !this.#isStopped) {
      this.#isDirty = false;
      const { claims, volumes, attachments, pods, machines, classes } = this.#mirrors;
      if (!Object.values(this.#mirrors).every((mirror) => mirror.isFilled())) continue;
      const world = worldOf({
        claims: claims.objects(),
        volumes: volumes.objects(),
        attachments: attachments.objects(),
        pods: pods.objects(),
        machines: machines.objects(),
        classes: classes.objects(),
      });
      const writes = this.#rules.flatMap((rule) => rule(world, (key, delayMs) => this.#timers.isDue(key, delayMs)));
      this.#timers.nextRound();
      await Promise.all(writes.map((write) => this.#send(write)));
    }
    this.#isActing = false;
  }

  /** A conflict or a missing object is the cluster moving on: the change that caused it wakes us again. */
  async #send(write: ApiRequest): Promise<void> {
    try {
      const { status, body } = await this.#client.call(write);
      if (status < 300 || status === 404 || status === 409) return;
      this.#log(`${write.method} ${write.path}: ${status} ${body}`);
    } catch (error) {
      this.#log(`${write.method} ${write.path}: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#wakeAfter(REPEAT_MS);
  }
}
