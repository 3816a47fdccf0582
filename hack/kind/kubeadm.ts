// What kubeadm is told in a node container: https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/
// A container is no machine: its kubelet may not change the kernel's settings, its disk is the host's, and it may swap.

/** The port of the API server in its container. */
export const API_PORT = 6443;
export const POD_SUBNET = '10.244.0.0/16';

export interface Machine {
  /** Its name in the cluster. */
  readonly name: string;
  /** The container's address in Docker's network. */
  readonly address: string;
}

export interface FirstMachine extends Machine {
  /** `v1.36.3`; which images kubeadm starts. */
  readonly version: string;
  /** The name or address that the host reaches the container's ports by. */
  readonly host: string;
}

const KUBEADM = 'kubeadm.k8s.io/v1beta4';

/** For `kubeadm init`. */
export function initConfig({ name, address, version, host }: FirstMachine): string {
  return documents([
    {
      apiVersion: KUBEADM,
      kind: 'InitConfiguration',
      localAPIEndpoint: { advertiseAddress: address, bindPort: API_PORT },
      nodeRegistration: registration(name, address),
    },
    {
      apiVersion: KUBEADM,
      kind: 'ClusterConfiguration',
      clusterName: 'kind',
      kubernetesVersion: version,
      controlPlaneEndpoint: `${address}:${API_PORT}`,
      networking: { podSubnet: POD_SUBNET, serviceSubnet: '10.96.0.0/16' },
      apiServer: { certSANs: [...new Set(['localhost', '127.0.0.1', address, host])] },
    },
    {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      cgroupRoot: '/kubelet',
      failSwapOn: false,
      failCgroupV1: false,
      imageGCHighThresholdPercent: 100,
      evictionHard: {
        'memory.available': '0%',
        'nodefs.available': '0%',
        'nodefs.inodesFree': '0%',
        'imagefs.available': '0%',
      },
    },
    {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      mode: 'iptables',
      iptables: { minSyncPeriod: '1s' },
      conntrack: { maxPerCore: 0 },
    },
  ]);
}

/** For `kubeadm join` of one more machine. `endpoint` is `host:port` of the API server, as seen from its container. */
export function joinConfig({ name, address }: Machine, endpoint: string, token: string): string {
  return documents([
    {
      apiVersion: KUBEADM,
      kind: 'JoinConfiguration',
      // The containers share a network of this host's own.
      discovery: { bootstrapToken: { token, apiServerEndpoint: endpoint, unsafeSkipCAVerification: true } },
      nodeRegistration: registration(name, address),
    },
  ]);
}

function registration(name: string, address: string): object {
  return {
    name,
    criSocket: 'unix:///run/containerd/containerd.sock',
    taints: [],
    kubeletExtraArgs: [{ name: 'node-ip', value: address }],
  };
}

/** JSON is YAML. */
function documents(objects: readonly object[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join('---\n');
}
