// The simulated machines: Node objects that kwok plays the kubelet of, spread over three zones; more can join at any
// time.
//
// All die together when kwok is paused or killed, one by `StartedControlPlane.cutPower`: it becomes NotReady after its
// grace period, its pods stay Terminating and its volumes attached, until someone taints it as out of service.
import type { V1CSINode } from '@kubernetes/client-node';

import type { Machine, Pod } from '../../src/kube/kinds.ts';
import type { Stored } from '../../src/kube/object.ts';
import type { Wire } from '../../src/kube/wire.ts';
import type { ApiClient } from './api-client.ts';
import { NO_ATTACH_DRIVER, SIM_DRIVER, UNREGISTERED_DRIVER } from './storage/classes.ts';

const ZONES = ['zone-a', 'zone-b', 'zone-c'];

/** kwok manages the machines that have this annotation with this value. */
export const KWOK_ANNOTATION = 'kwok.x-k8s.io/node';
export const KWOK_MANAGED = 'fake';

/** On a pod: when kwok was last made to look at it. */
const TOUCHED_ANNOTATION = 'sim.nodefleet.dev/touched-at';
const LEASES_PATH = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

export interface MachineOptions {
  readonly name: string;
  /** Its `topology.kubernetes.io/zone`. */
  readonly zone: string;
  /** Beside those that every machine has. Default: none. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Keep the pods of other tests away. Default: none. */
  readonly taints?: readonly Taint[];
}

export type Taint = NonNullable<NonNullable<Machine['spec']>['taints']>[number];

/** Creates `machine-0` … `machine-<count - 1>`. @throws Error when the API server refuses one */
export async function createMachines(client: ApiClient, count: number): Promise<void> {
  const indexes = Array.from({ length: count }, (_, index) => index);
  await Promise.all(
    indexes.map((index) =>
      createMachine(client, { name: `machine-${index}`, zone: ZONES[index % ZONES.length] ?? '' }),
    ),
  );
}

/** Lets a machine join; kwok, where it runs, makes it Ready in a moment. It leaves when its Node is deleted. */
async function createMachine(client: ApiClient, options: MachineOptions): Promise<void> {
  const create = async <T extends object>(path: string, body: T): Promise<Stored<T>> => {
    const answer = await client.call({ method: 'POST', path, body });
    if (answer.status !== 201) throw new Error(`create machines: POST ${path}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body);
  };
  const { metadata } = await create('/api/v1/nodes', machineOf(options));
  await create('/apis/storage.k8s.io/v1/csinodes', csiNodeOf(options.name, metadata.uid));
}

/** Tells whether kwok is to play this machine's kubelet; it looks only when it starts. */
export async function setPower(client: ApiClient, name: string, isOn: boolean): Promise<void> {
  const body = { metadata: { annotations: { [KWOK_ANNOTATION]: isOn ? KWOK_MANAGED : null } } };
  const { status, body: answer } = await client.call({ method: 'PATCH', path: `/api/v1/nodes/${name}`, body });
  if (status !== 200) throw new Error(`power of ${name}: ${status} ${answer}`);
}

/** Ends the leases of a kwok that is gone: its successor, which has a name of its own, would wait 40 s for them. */
export async function releaseMachines(client: ApiClient): Promise<void> {
  await client.call({ method: 'DELETE', path: LEASES_PATH });
}

/** Whether all machines that have power are Ready and pods may be scheduled to them. */
export async function areMachinesReady(client: ApiClient): Promise<boolean> {
  return (await poweredMachines(client)).every(isReady);
}

/** Whether kwok, since `releaseMachines`, has taken over all machines that have power. */
export async function areMachinesHeld(client: ApiClient): Promise<boolean> {
  const held = new Set((await list(client, LEASES_PATH)).map(({ metadata }) => metadata?.name));
  return (await poweredMachines(client)).every(({ metadata }) => held.has(metadata?.name));
}

/**
 * Changes an annotation of every pod on a machine that has power, so that kwok looks at it.
 *
 * kwok v0.8 forgets the pods of a machine that it takes over where its list of pods is faster than the watch that tells it
 * of its own lease ("Skip pod … read only" in its log): it then leaves each alone until something changes, and a pod that
 * is being deleted changes no more.
 */
export async function touchPods(client: ApiClient): Promise<void> {
  const powered = new Set((await poweredMachines(client)).map(({ metadata }) => metadata?.name));
  const pods = (await list<Pod>(client, '/api/v1/pods')).filter(({ spec }) => powered.has(spec?.nodeName));
  const body = { metadata: { annotations: { [TOUCHED_ANNOTATION]: new Date().toISOString() } } };
  for (const { metadata } of pods) {
    const path = `/api/v1/namespaces/${metadata?.namespace}/pods/${metadata?.name}`;
    const { status, body: answer } = await client.call({ method: 'PATCH', path, body });
    if (status !== 200 && status !== 404) throw new Error(`touch pods: PATCH ${path}: ${status} ${answer}`);
  }
}

async function poweredMachines(client: ApiClient): Promise<readonly Machine[]> {
  return (await list<Machine>(client, '/api/v1/nodes')).filter(hasPower);
}

/** @throws Error where the API server does not answer with a list */
async function list<T extends Pick<Machine, 'metadata'>>(client: ApiClient, path: string): Promise<readonly T[]> {
  const { status, body } = await client.call({ method: 'GET', path });
  if (status !== 200) throw new Error(`machines: GET ${path}: ${status} ${body}`);
  const { items }: { readonly items: readonly T[] } = JSON.parse(body);
  return items;
}

/** Whether kwok plays its kubelet. */
export function hasPower({ metadata }: Machine): boolean {
  return metadata?.annotations?.[KWOK_ANNOTATION] === KWOK_MANAGED;
}

function isReady({ spec, status }: Machine): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && !spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/not-ready');
}

/** The Node of a machine that kwok makes Ready in a moment. */
export function machineOf({ name, zone, labels = {}, taints = [] }: MachineOptions): Machine {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      // The second one makes VolumeAttachments the business of kube-controller-manager, as a kubelet does by default.
      annotations: {
        [KWOK_ANNOTATION]: KWOK_MANAGED,
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
      labels: {
        ...labels,
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': 'local',
        'topology.kubernetes.io/zone': zone,
      },
    },
    spec: { taints: [...taints] },
  };
}

/** The storage drivers on a machine with this Node; garbage with it, as a kubelet makes it. */
export function csiNodeOf(name: string, uid: string): Wire<V1CSINode> {
  const ours = [SIM_DRIVER, NO_ATTACH_DRIVER, UNREGISTERED_DRIVER];
  const drivers = ours.map((driver) => ({ name: driver, nodeID: name, topologyKeys: [] }));
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid }];
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    metadata: { name, ownerReferences },
    spec: { drivers },
  };
}
