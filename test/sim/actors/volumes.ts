// The life of volumes: binder, resizer, claim protection, attach/detach controller. Slow where the tape says so.
import {
  ATTACHMENT,
  CLAIM,
  CSI_DRIVER,
  POD,
  VOLUME,
  type Attachment,
  type Claim,
  type Pod,
} from '../../../src/kube/kinds.ts';
import { isTerminating, type Stored } from '../../../src/kube/object.ts';
import { claimsOf, isTerminal } from '../../../src/kube/pods.ts';
import { parseNano } from '../../../src/kube/quantity.ts';
import { Actor, type Cluster } from './actor.ts';

const DRIVER = 'csi.example.com';
const PVC_PROTECTION = 'kubernetes.io/pvc-protection';
const ATTACHER = 'external-attacher/csi-example-com';
const SLOW_MS = [100, 1_000, 10_000, 90_000] as const;

/** Binds claims, grows volumes, and lets a deleted claim go once no pod uses it. */
export class ClaimController extends Actor {
  constructor(cluster: Cluster) {
    super('claims', cluster, [CLAIM, POD]);
  }

  protected act(): void {
    for (const claim of this.list(CLAIM)) {
      if (isTerminating(claim)) this.#release(claim);
      else if (claim.spec?.volumeName === undefined) this.#bind(claim);
      else this.#grow(claim);
    }
  }

  #bind(claim: Stored<Claim>): void {
    const { name, namespace, uid } = claim.metadata;
    const volumeName = `pv-${uid}`;
    const { server } = this.cluster;
    const capacity = { storage: requested(claim) };
    if (server.store.get(VOLUME, { namespace: '', name: volumeName }) === undefined) {
      this.create(VOLUME, {
        metadata: { name: volumeName },
        spec: {
          capacity,
          accessModes: claim.spec?.accessModes,
          csi: { driver: DRIVER, volumeHandle: volumeName },
          claimRef: { namespace, name, uid },
        },
      });
    }
    this.update(CLAIM, claim, { spec: { ...claim.spec, volumeName } });
    const live = server.store.get(CLAIM, { namespace: namespace ?? '', name }) as unknown as Stored<Claim> | undefined;
    if (live?.metadata.uid === uid && live.spec?.volumeName === volumeName) {
      this.update(CLAIM, live, { status: { phase: 'Bound', capacity } }, 'status');
    }
  }

  #grow(claim: Stored<Claim>): void {
    const capacity = claim.status?.capacity?.['storage'];
    const isSmall = (parseNano(capacity ?? '0') ?? 0n) < (parseNano(requested(claim)) ?? 0n);
    if (!isSmall) return;
    this.later(this.cluster.choices.pick('time.grow', SLOW_MS), () => {
      const { namespace = '', name, uid } = claim.metadata;
      const live = this.cluster.server.store.get(CLAIM, { namespace, name }) as unknown as Stored<Claim> | undefined;
      if (live?.metadata.uid !== uid || live.spec?.volumeName === undefined) return;
      const grown = { ...live.status, phase: 'Bound', capacity: { storage: requested(live) } };
      this.update(CLAIM, live, { status: grown }, 'status');
    });
  }

  /** As the protection controller: it asks the server itself before it lets go. */
  #release(claim: Stored<Claim>): void {
    const pods = this.cluster.server.store.list(POD) as unknown as readonly Stored<Pod>[];
    const { namespace, name, finalizers = [] } = claim.metadata;
    const isUsed = pods.some(
      (pod) => pod.metadata.namespace === namespace && claimsOf(pod).includes(name) && !isTerminal(pod),
    );
    if (isUsed || !finalizers.includes(PVC_PROTECTION)) return;
    const others = finalizers.filter((one) => one !== PVC_PROTECTION);
    this.update(CLAIM, claim, { metadata: { ...claim.metadata, finalizers: others } });
  }
}

function requested(claim: Stored<Claim>): string {
  return claim.spec?.resources?.requests?.['storage'] ?? '0';
}

/** Attaches a volume where a pod is to use it, once it is attached nowhere else; detaches it when nobody there does. */
export class AttachDetachController extends Actor {
  readonly #moving = new Set<string>();

  constructor(cluster: Cluster) {
    super('attach-detach', cluster, [POD, CLAIM, ATTACHMENT, CSI_DRIVER]);
    cluster.processes.onEnd(() => this.wake());
  }

  protected act(): void {
    if (this.list(CSI_DRIVER).some(({ spec }) => spec.attachRequired === false)) return;
    for (const pod of this.list(POD)) if (!isTerminal(pod) && pod.spec?.nodeName !== undefined) this.#attach(pod);
    for (const attachment of this.list(ATTACHMENT)) this.#look(attachment);
  }

  #attach(pod: Stored<Pod>): void {
    const { namespace = '' } = pod.metadata;
    for (const name of claimsOf(pod)) {
      const claim = this.get(CLAIM, { namespace, name });
      const volume = claim?.spec?.volumeName;
      if (claim === undefined || volume === undefined || pod.spec?.nodeName === undefined) continue;
      const isShared = claim.spec?.accessModes?.includes('ReadWriteMany') === true;
      // It remembers its own attachments: a live look, not the view.
      const all = this.cluster.server.store.list(ATTACHMENT) as unknown as readonly Stored<Attachment>[];
      const there = all.filter(({ spec }) => spec.source.persistentVolumeName === volume);
      const isTaken = there.some(({ spec }) => !isShared || spec.nodeName === pod.spec?.nodeName);
      if (!isTaken) this.#create(volume, pod.spec.nodeName);
    }
  }

  #create(volume: string, nodeName: string): void {
    this.create(ATTACHMENT, {
      metadata: { name: `csi-${volume}-${nodeName}`, finalizers: [ATTACHER] },
      spec: { attacher: DRIVER, nodeName, source: { persistentVolumeName: volume } },
      status: { attached: false },
    });
  }

  #look(attachment: Stored<Attachment>): void {
    if (isTerminating(attachment)) {
      return this.#inTime('time.detach', attachment, (live) =>
        this.update(ATTACHMENT, live, { metadata: { ...live.metadata, finalizers: [] } }),
      );
    }
    if (attachment.status?.attached !== true) {
      return this.#inTime('time.attach', attachment, (live) =>
        this.update(ATTACHMENT, live, { status: { attached: true } }, 'status'),
      );
    }
    if (!this.#isUsed(attachment)) this.delete(ATTACHMENT, attachment);
  }

  /** By a pod that is bound there, or by a process that has it mounted. */
  #isUsed({ spec }: Stored<Attachment>): boolean {
    const claim = this.list(CLAIM).find((one) => one.spec?.volumeName === spec.source.persistentVolumeName);
    const name = claim?.metadata.name ?? spec.source.persistentVolumeName ?? '';
    const isPlaced = this.list(POD).some(
      (pod) => pod.spec?.nodeName === spec.nodeName && !isTerminal(pod) && claimsOf(pod).includes(name),
    );
    return isPlaced || this.cluster.processes.isMounted(spec.source.persistentVolumeName ?? '', spec.nodeName);
  }

  #inTime(site: string, attachment: Stored<Attachment>, then: (live: Stored<Attachment>) => void): void {
    const { uid, name } = attachment.metadata;
    if (this.#moving.has(uid)) return;
    this.#moving.add(uid);
    this.later(this.cluster.choices.pick(site, SLOW_MS), () => {
      this.#moving.delete(uid);
      const live = this.cluster.server.store.get(ATTACHMENT, { namespace: '', name });
      if (live?.metadata.uid === uid) then(live as unknown as Stored<Attachment>);
      this.wake();
    });
  }
}
