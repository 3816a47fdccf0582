// The simulated machines: Node objects that kwok plays the kubelet of, spread over three zones.
//
// All die together when kwok is paused or killed, one by `StartedControlPlane.cutPower`: it becomes NotReady after its grace
// period, its pods stay Terminating and its volumes attached, until someone taints it as out of service.
import type { V1CSINode } from '@kubernetes/client-node';

import type { Machine } from '../../src/kube/kinds.ts';
import type { Wire } from '../../src/kube/wire.ts';
import type { ApiClient } from './api-client.ts';
import { NO_ATTACH_DRIVER, SIM_DRIVER, UNREGISTERED_DRIVER } from './storage/classes.ts';

const ZONES = ['zone-a', 'zone-b', 'zone-c'];

/** kwok manages the machines that have this annotation with this value. */
export const KWOK_ANNOTATION = 'kwok.x-k8s.io/node';
export const KWOK_MANAGED = 'fake';

/** Creates `machine-0` … `machine-<count - 1>`. @throws Error when the API server refuses one */
export async function createMachines(client: ApiClient, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `machine-${index}`);
  const create = async (path: string, body: object): Promise<void> => {
    const answer = await client.call({ method: 'POST', path, body });
    if (answer.status !== 201) throw new Error(`create machines: POST ${path}: ${answer.status} ${answer.body}`);
  };
  await Promise.all(
    names.map((name, index) => create('/api/v1/nodes', machine(name, ZONES[index % ZONES.length] ?? ''))),
  );
  await Promise.all(names.map((name) => create('/apis/storage.k8s.io/v1/csinodes', csiNode(name))));
}

/** Tells whether kwok is to play this machine's kubelet; it looks only when it starts. */
export async function setPower(client: ApiClient, name: string, isOn: boolean): Promise<void> {
  const body = { metadata: { annotations: { [KWOK_ANNOTATION]: isOn ? KWOK_MANAGED : null } } };
  const { status, body: answer } = await client.call({ method: 'PATCH', path: `/api/v1/nodes/${name}`, body });
  if (status !== 200) throw new Error(`power of ${name}: ${status} ${answer}`);
}

/** Ends the leases of a kwok that is gone: its successor, which has a name of its own, would wait 40 s for them. */
export async function releaseMachines(client: ApiClient): Promise<void> {
  await client.call({ method: 'DELETE', path: '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases' });
}

/** Whether all machines that have power are Ready and pods may be scheduled to them. */
export async function areMachinesReady(client: ApiClient): Promise<boolean> {
  const { status, body } = await client.call({ method: 'GET', path: '/api/v1/nodes' });
  if (status !== 200) return false;
  const { items }: { readonly items: readonly Machine[] } = JSON.parse(body);
  return items.filter(hasPower).every(isReady);
}

/** Whether kwok plays its kubelet. */
export function hasPower({ metadata }: Machine): boolean {
  return metadata?.annotations?.[KWOK_ANNOTATION] === KWOK_MANAGED;
}

function isReady({ spec, status }: Machine): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && !spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/not-ready');
}

function machine(name: string, zone: string): Machine {
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
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': 'local',
        'topology.kubernetes.io/zone': zone,
      },
    },
  };
}

function csiNode(name: string): Wire<V1CSINode> {
  const ours = [SIM_DRIVER, NO_ATTACH_DRIVER, UNREGISTERED_DRIVER];
  const drivers = ours.map((driver) => ({ name: driver, nodeID: name, topologyKeys: [] }));
  return { apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: { name }, spec: { drivers } };
}
