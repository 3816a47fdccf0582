// Simulated machines that die and come back, on a control plane of its own: what the real controllers make of it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startControlPlane, type StartedControlPlane } from '../../hack/control-plane/control-plane.ts';
import { eventually } from '../../hack/control-plane/testing/processes.ts';
import { attachmentsOf, claimOf, podOf } from './pods.ts';
import { kubectlFor, type Kubectl } from './start.ts';

let plane: StartedControlPlane;
let kubectl: Kubectl;

beforeAll(async () => {
  plane = await startControlPlane({
    with: ['controller-manager', 'scheduler', 'kwok', 'storage'],
    machines: 2,
    machineGraceSeconds: 10,
    storage: { attachDelayMs: 0, detachDelayMs: 0 },
    log: () => {},
  });
  kubectl = kubectlFor(plane);
});
afterAll(() => plane?.stop());

const DATABASE = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace: 'default' },
  spec: {
    serviceName: 'db',
    selector: { matchLabels: { app: 'db' } },
    template: {
      metadata: { labels: { app: 'db' } },
      spec: { containers: [{ name: 'db', image: 'db:1', volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
    },
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ],
  },
};

async function attachedTo(): Promise<string> {
  return kubectl(['get', 'volumeattachments', '-o=jsonpath={.items[*].spec.nodeName}']);
}

describe('a simulated machine', () => {
  test('is managed again at once after kwok was killed and restarted', async () => {
    await plane.kill('kwok');
    await plane.restart('kwok');
    await kubectl(['create', 'deployment', 'free', '--image=web:1']);
    await kubectl(['wait', 'deployment/free', '--for=condition=Available', '--timeout=20s']);
  });

  test('that returns ends the pod that was deleted while it had no power, and lets its volume go', async () => {
    const machine = 'machine-1';
    await kubectl(['apply', '-f', '-'], claimOf());
    await kubectl(['apply', '-f', '-'], podOf({ name: 'web', claim: 'data', machine }));
    await kubectl(['wait', 'pod/web', '--for=condition=Ready', '--timeout=20s']);
    await plane.cutPower(machine);
    await kubectl(['wait', `node/${machine}`, '--for=condition=Ready=Unknown', '--timeout=40s']);
    await kubectl(['delete', 'pod/web', '--wait=false']);
    await kubectl(['wait', 'pod/web', '--for=jsonpath={.metadata.deletionTimestamp}', '--timeout=20s']);
    expect(await kubectl(['get', 'pod/web', '-o=jsonpath={.status.phase}'])).toBe('Running');
    expect(await attachmentsOf(kubectl, 'data')).toEqual([`${machine} attached`]);

    await plane.restorePower(machine);
    await kubectl(['wait', 'pod/web', '--for=delete', '--timeout=20s']);
    await eventually('detached', async () => (await attachmentsOf(kubectl, 'data')).length === 0);
  });

  test('without power keeps pod and volume until it is declared out of service', async () => {
    await kubectl(['apply', '-f', '-'], DATABASE);
    await kubectl(['wait', 'pod/db-0', '--for=create', '--timeout=20s']);
    await kubectl(['wait', 'pod/db-0', '--for=condition=Ready', '--timeout=20s']);
    const machine = await kubectl(['get', 'pod/db-0', '-o=jsonpath={.spec.nodeName}']);

    await plane.cutPower(machine);
    await kubectl(['wait', `node/${machine}`, '--for=condition=Ready=Unknown', '--timeout=40s']);
    await kubectl(['delete', 'pod/db-0', '--wait=false']);
    await kubectl(['wait', 'pod/db-0', '--for=jsonpath={.metadata.deletionTimestamp}', '--timeout=20s']);
    expect(await attachedTo()).toBe(machine);

    await kubectl(['taint', 'node', machine, 'node.kubernetes.io/out-of-service=nodeshutdown:NoExecute']);
    await eventually('attached to the other machine', async () => ![machine, ''].includes(await attachedTo()), 30_000);
  });
});

describe('paused storage', () => {
  test('keeps a volume attached until it is resumed', async () => {
    plane.pause('storage');
    await kubectl(['scale', 'statefulset/db', '--replicas=0']);
    await kubectl(['wait', 'pod/db-0', '--for=delete', '--timeout=20s']);
    await expect(kubectl(['wait', 'volumeattachments', '--all', '--for=delete', '--timeout=2s'])).rejects.toThrow(
      'timed out',
    );
    plane.resume('storage');
    await eventually('detached', async () => (await attachedTo()) === '');
  });
});
