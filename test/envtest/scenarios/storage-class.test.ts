// What spec.storage.storageClassName says, as it arrives in the claims: absent, "" and static binding.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { startControlPlane, type StartedControlPlane } from '../../../hack/control-plane/control-plane.ts';
import { LABEL } from '../../../src/api/v1alpha1/names.ts';
import { CLAIM } from '../../../src/kube/kinds.ts';
import { claimOf, patch, podOf, turn } from '../pods.ts';
import { installCrds } from '../start.ts';
import { newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { isChildWrite } from '../support/exchanges.ts';
import { fleet, toImage } from '../support/fleets.ts';
import { startOperator } from '../support/operator.ts';
import { handOff, readyFleet, untilAllRun, untilReady } from '../support/stage.ts';
import { storyOf } from '../support/story.ts';
import { findDoubleUse, recordTruth } from '../support/truth.ts';
import { untilMembers, untilSays } from '../support/verdicts.ts';

describe('storageClassName', () => {
  let plane: StartedControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane({ with: ['controller-manager'], log: () => {} });
    await installCrds(plane);
  });
  afterAll(() => plane?.stop());

  const CLASS = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'later', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'example.com/nobody',
    volumeBindingMode: 'WaitForFirstConsumer',
  };

  test('absent, null and "" arrive in the claims as they were written, and stay when a default class comes later', async () => {
    const cluster = await newCluster(plane);
    const first = await startOperator(cluster);
    await applyYaml(cluster, ['absent', 'nulled', 'empty'].map((name) => fleetYaml(name)).join('---\n'));
    await eventually(async () =>
      expect(await classesOf(cluster)).toEqual({ absent: 'none', nulled: 'none', empty: '""' }),
    );
    await first.quiet();
    await first.stop();
    const second = await startOperator(cluster);
    await second.quiet();
    expect(second.recording.writes()).toEqual([]);

    // Kubernetes gives claims without a class the default one as soon as there is one (KEP-3333).
    await cluster.apply(CLASS);
    const given = { absent: '"later"', nulled: '"later"', empty: '""' };
    await eventually(async () => expect(await classesOf(cluster)).toEqual(given));
    await second.quiet();
    expect(second.recording.writes().filter((write) => isChildWrite(write))).toEqual([]);
    // A write for another reason takes no class away.
    for (const name of Object.keys(given)) await cluster.kubectl(['label', `pvc/${name}-0`, `${LABEL.appName}-`]);
    await eventually(async () =>
      expect(
        await cluster.client.list(CLAIM, { namespace: cluster.namespace, labelSelector: LABEL.appName }),
      ).toHaveLength(3),
    );
    expect(await classesOf(cluster)).toEqual(given);

    await applyYaml(cluster, fleetYaml('absent', 'younger'));
    await eventually(async () => expect(await classesOf(cluster)).toEqual({ ...given, younger: '"later"' }));
    for (const [name, said] of Object.entries({
      absent: undefined,
      nulled: undefined,
      empty: '',
      younger: undefined,
    })) {
      expect((await cluster.nd(name)).spec.storage?.storageClassName).toBe(said);
    }
  });
});

const CLASS_LINE: Readonly<Record<string, string>> = {
  absent: '',
  nulled: 'storageClassName:',
  empty: 'storageClassName: ""',
};

/** As a user writes it. Suspended: there is nothing here that could run a pod. */
function fleetYaml(storageClass: string, name = storageClass): string {
  return `apiVersion: nodefleet.dev/v1alpha1
kind: NodeDeployment
metadata:
  name: ${name}
spec:
  suspend: true
  template:
    spec:
      containers:
        - name: web
          image: web:1
  storage:
    size: 1Gi
    ${CLASS_LINE[storageClass]}
`;
}

async function applyYaml({ kubectl }: Cluster, yaml: string): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'nodefleet-yaml-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'fleets.yaml');
  writeFileSync(file, yaml);
  await kubectl(['apply', '-f', file]);
}

/** The class of each fleet's first claim: `none`, or in quotation marks. */
async function classesOf({ client, namespace }: Cluster): Promise<Readonly<Record<string, string>>> {
  const claims = await client.list(CLAIM, { namespace });
  return Object.fromEntries(
    claims.map(({ metadata, spec }) => {
      const { storageClassName } = spec ?? {};
      return [
        metadata.name.replace(/-0$/, ''),
        storageClassName === undefined ? 'none' : JSON.stringify(storageClassName),
      ];
    }),
  );
}

/** A volume of 5Gi that somebody has made for one claim; gone when the test is over. */
async function volumeFor(cluster: Cluster, claim: string): Promise<string> {
  const name = `by-hand-${cluster.namespace}`;
  onTestFinished(async () => void (await cluster.kubectl(['delete', 'pv', name, '--wait=false'])));
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: '5Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: '',
      claimRef: { namespace: cluster.namespace, name: claim },
      csi: { driver: 'sim.nodefleet.dev', volumeHandle: name },
    },
  });
  return name;
}

describe('static binding', () => {
  test('takes the volume that was made for the claim, keeps it in a hand-off, and asks for no more than it has', async () => {
    const cluster = await newCluster();
    const volume = await volumeFor(cluster, 'web-0');
    const { truth, volumes, since } = await readyFleet({ storage: { storageClassName: '' } }, cluster);
    expect(volumes.get('web-0')).toBe(volume);
    await cluster.patch('web', { spec: { ...toImage('web:2').spec, storage: { size: '3Gi' } } });
    await untilAllRun(cluster, 'web:2');
    await untilSays(cluster, 'Stalled', 'False/NotStalled');
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(handOff('web-0', 'web:2'));

    await cluster.patch('web', { spec: { storage: { size: '6Gi' } } });
    await untilSays(cluster, 'Stalled', 'True/ExpansionNotAllowed', 'only dynamically provisioned pvc can be resized');
    expect((await cluster.nd('web')).status).toMatchObject({ availableReplicas: 1, largestCapacity: '5Gi' });
  });

  test('to a volume that somebody else has just used waits for the volume, then until it is detached', async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    const truth = await recordTruth(cluster);
    const volume = await volumeFor(cluster, 'former');
    await cluster.apply(claimOf({ name: 'former', storageClassName: '' }));
    await cluster.apply(podOf({ name: 'former', claim: 'former' }));
    await cluster.kubectl(['wait', 'pod/former', '--for=condition=Ready', '--timeout=30s']);
    await turn(cluster.kubectl, `pv/${volume}`, 'detach', 'never');

    await cluster.apply(fleet({ storage: { storageClassName: '' } }));
    await untilSays(cluster, 'StorageReady', 'False/ClaimsPending', 'web-0');
    await untilMembers(cluster, [
      { phase: 'Provisioning', reason: 'ClaimPending', message: expect.stringMatching(/claimRef/) },
    ]);
    await cluster.kubectl(['delete', 'pod/former', 'pvc/former', '--timeout=30s']);
    const claimRef = { namespace: cluster.namespace, name: 'web-0', uid: null, resourceVersion: null };
    await patch(cluster.kubectl, `pv/${volume}`, { spec: { claimRef } });
    await untilMembers(cluster, [{ reason: 'AwaitingDetach' }]);
    await turn(cluster.kubectl, `pv/${volume}`, 'detach', null);
    await untilReady(cluster);
    await truth.caughtUp();
    expect(findDoubleUse(truth, new Map([['web-0', volume]]))).toEqual([]);
  });
});
