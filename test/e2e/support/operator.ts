// The operator's replicas in the cluster: who leads, how to kill one, and how to wait until all are well.
import { LEASE, POD, type StoredPod } from '../../../src/kube/kinds.ts';
import { isTerminating } from '../../../src/kube/object.ts';
import { inMachine } from '../../../hack/kind/machine.ts';
import type { Cluster } from '../../envtest/support/cluster.ts';
import { eventually } from '../../envtest/support/eventually.ts';

export const NAMESPACE = 'nodefleet-system';
const NAME = 'nodefleet-operator';
const LABELS = 'app.kubernetes.io/name=nodefleet,app.kubernetes.io/component=operator';

/** Those that are to stay. */
export async function replicas({ client }: Cluster): Promise<readonly StoredPod[]> {
  const pods = await client.list(POD, { namespace: NAMESPACE, labelSelector: LABELS });
  return pods.filter((pod) => !isTerminating(pod));
}

/** The name of the pod that holds the lease; `''` while nobody does. */
export async function leader({ client }: Cluster): Promise<string> {
  const lease = await client.get(LEASE, { namespace: NAMESPACE, name: NAME });
  return lease?.spec?.holderIdentity?.split('_')[0] ?? '';
}

/** The pod that leads. @throws Error while none does */
export async function leaderPod(cluster: Cluster): Promise<StoredPod> {
  const name = await leader(cluster);
  const pod = (await replicas(cluster)).find(({ metadata }) => metadata.name === name);
  if (pod === undefined) throw new Error(`nobody leads: the lease names ${name || 'nobody'}`);
  return pod;
}

/** As if it had crashed: from its machine, because no signal of its own container reaches the first process. */
export async function killProcess({ metadata: { uid, name }, spec }: StoredPod): Promise<void> {
  // A cgroup's name has dashes or, with systemd, underscores.
  const script = `
    killed=
    for process in /proc/[0-9]*; do
      grep -q -e "pod${uid}" -e "pod${uid.replaceAll('-', '_')}" "$process/cgroup" 2>/dev/null || continue
      tr '\\0' ' ' <"$process/cmdline" | grep -q dist/main.js || continue
      kill -KILL "\${process#/proc/}" && killed=yes
    done
    [ -n "$killed" ]`;
  const machine = spec?.nodeName ?? '';
  await inMachine(machine, ['sh', '-c', script]).catch((cause: unknown) => {
    throw new Error(`no process of pod ${name} was found on ${machine}`, { cause });
  });
}

/** Two replicas Ready, and one of them leads. */
export async function untilWell(cluster: Cluster): Promise<void> {
  await eventually(
    async () => {
      const pods = await replicas(cluster);
      const ready = pods.filter(({ status }) =>
        status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
      );
      if (pods.length !== 2 || ready.length !== 2)
        throw new Error(`${ready.length} of ${pods.length} replicas are Ready`);
      await leaderPod(cluster);
    },
    { timeoutMs: 120_000, intervalMs: 500 },
  );
}
