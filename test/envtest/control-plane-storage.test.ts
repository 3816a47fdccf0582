// The simulated machines and storage, seen from outside: with the real scheduler, binder and attach/detach controller.
import { beforeEach, describe, expect, test } from 'vitest';

import { eventually } from '../../hack/control-plane/testing/processes.ts';
import { turn } from './pods.ts';
import { kubectlFor, newNamespace, sharedControlPlane, type Kubectl } from './start.ts';

const kubectl = kubectlFor(sharedControlPlane());
let namespace = '';
beforeEach(async () => {
  namespace = await newNamespace(kubectl);
});

const kubectlIn =
  (space: string): Kubectl =>
  (args, input) =>
    kubectl([`-n=${space}`, ...args], input);

interface StatefulSetOptions {
  readonly storageClassName?: string;
  readonly image?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A StatefulSet `web` of one pod with a claim `data-web-0`. */
function statefulSet({ storageClassName, image = 'web:1', annotations = {} }: StatefulSetOptions = {}): object {
  const resources = { requests: { storage: '1Gi' } };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'web', namespace },
    spec: {
      serviceName: 'web',
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' }, annotations },
        spec: { containers: [{ name: 'web', image, volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources, ...(storageClassName && { storageClassName }) },
        },
      ],
    },
  };
}

async function apply(options?: StatefulSetOptions): Promise<void> {
  await kubectl(['apply', '-f', '-'], statefulSet(options));
}

/** Waits as kubectl does, on the object itself. */
async function waitFor(condition: string, what = 'pod/web-0'): Promise<void> {
  await kubectl([`-n=${namespace}`, 'wait', what, `--for=${condition}`, '--timeout=30s']);
}

async function appliedAndReady(options?: StatefulSetOptions): Promise<void> {
  await apply(options);
  await waitFor('create');
  await waitFor('condition=Ready');
}

async function claimField(path: string): Promise<string> {
  return kubectl([`-n=${namespace}`, 'get', 'pvc/data-web-0', `-o=jsonpath={${path}}`]);
}

async function machineOfPod(): Promise<string> {
  return kubectl([`-n=${namespace}`, 'get', 'pod/web-0', '-o=jsonpath={.spec.nodeName}']);
}

/** The VolumeAttachments of the claim's volume, each as `machine attached`. */
async function attachments(): Promise<readonly string[]> {
  const volume = await claimField('.spec.volumeName');
  const row = '{range .items[*]}{.spec.source.persistentVolumeName} {.spec.nodeName} {.status.attached}{"\\n"}{end}';
  const all = await kubectl(['get', 'volumeattachments', `-o=jsonpath=${row}`]);
  return all.split('\n').flatMap((line) => (line.startsWith(`${volume} `) ? line.slice(volume.length + 1) : []));
}

describe('a StatefulSet with a claim of the default class', () => {
  test('becomes Ready on a simulated machine, with its volume attached there', async () => {
    await appliedAndReady();
    const machine = await machineOfPod();
    expect(await claimField('.status.phase')).toBe('Bound');
    expect(await attachments()).toEqual([`${machine} true`]);
  });

  test('loses the attachment, and keeps the claim, when it is scaled to zero', async () => {
    await appliedAndReady();
    await turn(kubectlIn(namespace), 'pvc/data-web-0', 'detach', 'never');
    await kubectl([`-n=${namespace}`, 'scale', 'statefulset/web', '--replicas=0']);
    await waitFor('delete');
    expect(await attachments()).toHaveLength(1);
    await turn(kubectlIn(namespace), 'pvc/data-web-0', 'detach', null);
    await eventually('detached', async () => (await attachments()).length === 0);
    expect(await claimField('.status.phase')).toBe('Bound');
  });

  test('loses the volume with the claim', async () => {
    await appliedAndReady();
    const volume = await claimField('.spec.volumeName');
    await kubectl([`-n=${namespace}`, 'delete', 'statefulset/web', 'pvc/data-web-0', '--wait=false']);
    await waitFor('delete', `pv/${volume}`);
  });

  test('can grow', async () => {
    await appliedAndReady();
    const size = JSON.stringify({ spec: { resources: { requests: { storage: '2Gi' } } } });
    await kubectl([`-n=${namespace}`, 'patch', 'pvc/data-web-0', `--patch=${size}`]);
    await waitFor('jsonpath={.status.capacity.storage}=2Gi', 'pvc/data-web-0');
  });
});

describe('a storage class', () => {
  test('no-attach never has a VolumeAttachment', async () => {
    await appliedAndReady({ storageClassName: 'no-attach' });
    expect(await attachments()).toEqual([]);
  });

  test('local ties the volume to its first machine', async () => {
    await appliedAndReady({ storageClassName: 'local' });
    const machine = await machineOfPod();
    const volume = await claimField('.spec.volumeName');
    const affinity = '{.spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values[0]}';
    expect(await kubectl(['get', `pv/${volume}`, `-o=jsonpath=${affinity}`])).toBe(machine);
  });

  test('no-expansion refuses growth', async () => {
    await appliedAndReady({ storageClassName: 'no-expansion' });
    const size = JSON.stringify({ spec: { resources: { requests: { storage: '2Gi' } } } });
    const growth = kubectl([`-n=${namespace}`, 'patch', 'pvc/data-web-0', `--patch=${size}`]);
    await expect(growth).rejects.toThrow('only dynamically provisioned pvc can be resized');
  });

  test('full accepts growth, finds it infeasible, and lets the claim ask for less, above its capacity', async () => {
    await appliedAndReady({ storageClassName: 'full' });
    const patch = (storage: string): Promise<string> =>
      kubectl([
        `-n=${namespace}`,
        'patch',
        'pvc/data-web-0',
        `--patch=${JSON.stringify({ spec: { resources: { requests: { storage } } } })}`,
      ]);
    await patch('2Gi');
    await waitFor('jsonpath={.status.allocatedResourceStatuses.storage}=ControllerResizeInfeasible', 'pvc/data-web-0');
    expect(await claimField('.status.capacity.storage')).toBe('1Gi');
    await expect(patch('1536Mi')).resolves.toBeDefined();
    // The API server's own rule: strictly more than the capacity, although its message says otherwise.
    await expect(patch('1Gi')).rejects.toThrow('can not be less than status.capacity');
  });
});

describe('a pod', () => {
  test('whose image has the tag "broken" stays in ImagePullBackOff', async () => {
    await apply({ image: 'web:broken' });
    await waitFor('create');
    await waitFor('jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff');
  });

  test('with a termination annotation stays for that long after its deletion', async () => {
    await appliedAndReady({ annotations: { 'kwok.x-k8s.io/termination': '5s' } });
    await kubectl([`-n=${namespace}`, 'delete', 'pod/web-0', '--wait=false']);
    await waitFor('jsonpath={.metadata.deletionTimestamp}');
    expect(await attachments()).toHaveLength(1);
    await eventually('a new pod', async () => {
      const deletedAt = await kubectl([
        `-n=${namespace}`,
        'get',
        'pod/web-0',
        '--ignore-not-found',
        '-o=jsonpath={.metadata.name} {.metadata.deletionTimestamp}',
      ]);
      return deletedAt === 'web-0';
    });
  });
});
