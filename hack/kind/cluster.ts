// A Kubernetes cluster in containers of kindest/node: what `kind create cluster` does, through testcontainers.
//
// Guarantees: what is resolved to is Ready, with a pod network and the default StorageClass `standard`; a start that
// fails leaves nothing behind. `loadImage` and `removeCluster` work from any process: they go by labels.
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { docker, pipeDocker } from '../docker/docker.ts';
import { API_PORT, initConfig, joinConfig, POD_SUBNET } from './kubeadm.ts';
import { inMachine, requireNodeImage, startMachine, writeInMachine, type StartedMachine } from './machine.ts';
import { CLUSTER_LABEL, removeLabelled } from './owner.ts';

export interface ClusterOptions {
  readonly name: string;
  readonly image: string;
  /** Machines beside the first one; default 0. */
  readonly workers?: number;
  /** See owner.ts. */
  readonly owner?: string;
  /** Told of each step as it begins. */
  readonly onStep?: (step: string) => void;
}

export interface KindCluster {
  readonly name: string;
  /** Names of containers and machines alike. The first one has the control plane. */
  readonly machines: readonly string[];
  /** For programs on the host. */
  readonly kubeconfigPath: string;
  /** An executable file: kubectl in the first container, as the administrator. `-f` means that container's files. */
  readonly kubectl: string;
}

const CONFIG = '/kind/kubeadm.conf';

/** Where the cluster's kubeconfig and kubectl are; gone with it. */
export function folderOf(name: string): string {
  return resolve(import.meta.dirname, '..', '..', '.run', 'kind', name);
}

/** @throws DockerError, or Error with what failed and the end of the kubelet's log */
export async function startCluster(options: ClusterOptions): Promise<KindCluster> {
  const { name, workers = 0, onStep = () => {} } = options;
  await requireNodeImage(options.image);
  const machines = [`${name}-control-plane`];
  for (let index = 1; index <= workers; index += 1) machines.push(`${name}-worker-${index}`);
  let current = '';
  try {
    let first: StartedMachine | undefined;
    for (const container of machines) {
      current = container;
      onStep(`start ${container}`);
      const machine = await startMachine({ ...options, cluster: name, container, isFirst: first === undefined });
      onStep(first === undefined ? 'kubeadm init, network, storage class' : 'kubeadm join');
      if (first === undefined) await initialise(machine);
      else await addMachine(first, machine);
      first ??= machine;
    }
    onStep('wait until every machine is Ready');
    await inMachine(machines[0] ?? '', 'kubectl wait --for=condition=Ready node --all --timeout=180s'.split(' '));
    return { name, machines, ...(await writeAccess(name, first)) };
  } catch (error) {
    const log = await inMachine(current, ['sh', '-c', 'journalctl -u kubelet --no-pager | tail -30']).catch(() => '');
    await removeCluster(name);
    if (log === '' || !(error instanceof Error)) throw error;
    throw new Error(`${error.message}\nthe end of the kubelet's log:\n${log}`, { cause: error });
  }
}

/** Removes containers, volumes and files. Idempotent. Resolves to whether there was any container. */
export async function removeCluster(name: string): Promise<boolean> {
  const wasThere = await removeLabelled(name);
  rmSync(folderOf(name), { recursive: true, force: true });
  return wasThere;
}

/** Hands an image of the local Docker to each machine, as `kind load docker-image` does. */
export async function loadImage(name: string, image: string): Promise<void> {
  for (const container of await containersOf(name)) {
    const importing = 'ctr --namespace=k8s.io images import --all-platforms --digests -'.split(' ');
    await pipeDocker(['save', image], ['exec', '--interactive', container, ...importing]);
  }
}

/** The running containers of a cluster, none if there is no such cluster. */
export async function containersOf(name: string): Promise<readonly string[]> {
  const filter = ['--filter', `label=${CLUSTER_LABEL}=${name}`, '--format', '{{.Names}}'];
  const names = await docker(['ps', ...filter]);
  return names === '' ? [] : names.split('\n').toSorted();
}

async function initialise({ container, address, host }: StartedMachine): Promise<void> {
  const version = (await inMachine(container, ['cat', '/kind/version'])).trim();
  await writeInMachine(container, CONFIG, initConfig({ name: container, address, host, version }));
  const init = ['kubeadm', 'init', '--skip-phases=preflight', `--config=${CONFIG}`, '--skip-token-print'];
  await inMachine(container, init);
  const network = `sed 's#{{ .PodSubnet }}#${POD_SUBNET}#g' /kind/manifests/default-cni.yaml | kubectl apply -f -`;
  await inMachine(container, ['sh', '-ec', `${network}; kubectl apply -f /kind/manifests/default-storage.yaml`]);
}

async function addMachine(first: StartedMachine, { container, address }: StartedMachine): Promise<void> {
  const token = (await inMachine(first.container, ['kubeadm', 'token', 'create'])).split('\n').at(-1) ?? '';
  const config = joinConfig({ name: container, address }, `${first.address}:${API_PORT}`, token);
  await writeInMachine(container, CONFIG, config);
  await inMachine(container, ['kubeadm', 'join', '--skip-phases=preflight', `--config=${CONFIG}`]);
}

/** The kubeconfig is a secret: only its owner may read it. */
async function writeAccess(
  name: string,
  first: StartedMachine | undefined,
): Promise<Pick<KindCluster, 'kubeconfigPath' | 'kubectl'>> {
  if (first === undefined) throw new Error(`cluster ${name} has no machine`);
  const config = await inMachine(first.container, ['cat', '/etc/kubernetes/admin.conf']);
  const folder = folderOf(name);
  mkdirSync(folder, { recursive: true });
  const kubeconfigPath = join(folder, 'kubeconfig');
  const server = `server: https://${first.host}:${first.apiPort()}`;
  writeFileSync(kubeconfigPath, `${config.replace(/server: .*/, server)}\n`, { mode: 0o600 });
  const kubectl = join(folder, 'kubectl');
  writeFileSync(kubectl, kubectlScript(first.container));
  chmodSync(kubectl, 0o755);
  return { kubeconfigPath, kubectl };
}

/** It takes the host's --kubeconfig away: the container has one of its own. */
function kubectlScript(container: string): string {
  return `#!/bin/sh
# kubectl of the test cluster, in its container: files that -f names are that container's; \`-f -\` reads yours.
case "$1" in --kubeconfig=*) shift ;; esac
exec docker exec -i ${container} kubectl "$@"
`;
}
