// Bare pods and claims for tests of the control plane and of the cluster itself, and what one reads of them with kubectl.
import type { Kubectl } from './start.ts';

export interface PodOptions {
  readonly name: string;
  /** The claim that it mounts at /data. */
  readonly claim?: string;
  /** The only machine that it may run on. */
  readonly machine?: string;
  readonly image?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** CPUs that it asks for; a simulated machine has 1,000. */
  readonly cpus?: number;
  /** More of the pod's spec. */
  readonly spec?: object;
}

export function podOf(options: PodOptions): object {
  const { name, claim, machine, image = 'web:1', labels = {}, annotations = {}, cpus, spec = {} } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels, annotations },
    spec: {
      containers: [{ name: 'web', image, ...(cpus && { resources: { requests: { cpu: cpus } } }) }],
      ...(claim && { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }] }),
      ...(machine && { nodeSelector: { 'kubernetes.io/hostname': machine } }),
      ...spec,
    },
  };
}

export interface ClaimOptions {
  readonly name?: string;
  /** Default: the default class. `''` is static binding. */
  readonly storageClassName?: string;
  /** Default 1Gi. */
  readonly size?: string;
  /** Default: any that fits. */
  readonly volumeName?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A claim `data`, ReadWriteOnce. */
export function claimOf(options: ClaimOptions = {}): object {
  const { name = 'data', storageClassName, size = '1Gi', volumeName, annotations = {} } = options;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, annotations },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: size } },
      ...(storageClassName !== undefined && { storageClassName }),
      ...(volumeName && { volumeName }),
    },
  };
}

/** Merge patches one object. */
export async function patch(kubectl: Kubectl, what: string, body: object): Promise<void> {
  await kubectl(['patch', what, '--type=merge', `--patch=${JSON.stringify(body)}`]);
}

/** Turns a knob of the simulation (hack/control-plane/storage/knobs.ts); null removes it. */
export async function turn(kubectl: Kubectl, what: string, knob: string, value: string | null): Promise<void> {
  await patch(kubectl, what, { metadata: { annotations: { [`sim.nodefleet.dev/${knob}`]: value } } });
}

/** The VolumeAttachments of a claim's volume, each as `machine`, with ` attached`, ` detaching` where it is. */
export async function attachmentsOf(kubectl: Kubectl, claim: string): Promise<readonly string[]> {
  const volume = await kubectl(['get', `pvc/${claim}`, '-o=jsonpath={.spec.volumeName}']);
  const columns = '{.spec.nodeName}{"\\t"}{.status.attached}{"\\t"}{.metadata.deletionTimestamp}';
  const path = `{range .items[?(@.spec.source.persistentVolumeName=="${volume}")]}${columns}{"\\n"}{end}`;
  const rows = await kubectl(['get', 'volumeattachments', `-o=jsonpath=${path}`]);
  return rows
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => {
      const [machine, attached, deletedAt] = row.split('\t');
      return [machine, ...(attached === 'true' ? ['attached'] : []), ...(deletedAt ? ['detaching'] : [])].join(' ');
    });
}
