// Scenarios 1, 17 and 19: members that move to another machine, or find none. They cordon machines that all tests share,
// so they are in one file: its tests run one after the other.
import { describe, expect, test } from 'vitest';

import { isPinnedTo } from '../../../src/domain/desired/pin.ts';
import { CLAIM, CRON_JOB, POD } from '../../../src/kube/kinds.ts';
import { kubectlFor } from '../start.ts';
import { newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { condition, expectReady, fleet, toImage } from '../support/fleets.ts';
import { cordon, delay } from '../support/knobs.ts';
import { startOperator } from '../support/operator.ts';
import { claimUids, handOff, readyFleet, untilAllRun, untilReady } from '../support/stage.ts';
import { storyOf } from '../support/story.ts';
import { findDoubleUse, type Truth } from '../support/truth.ts';

async function machineOf(cluster: Cluster, pod: string): Promise<string> {
  return (await cluster.read(POD, pod)).spec?.nodeName ?? '';
}

/** The machines that a volume was attached to, in order. */
function machinesOf({ attachments }: Truth, volume: string | undefined): readonly string[] {
  const made = attachments.moments.filter(
    ({ type, object }) => type === 'ADDED' && object.spec.source.persistentVolumeName === volume,
  );
  return made.map(({ object }) => object.spec.nodeName);
}

describe('scenario 1: an image change whose next pod goes to another machine, while the detach is slow', () => {
  test('never has two attachments, nor a pod that waits for one (argocd-operator#1976)', async () => {
    const { cluster, operator, truth, volumes, since } = await readyFleet({ storage: {} });
    const machine = await machineOf(cluster, 'web-0-0');
    await cordon(cluster, machine);
    await delay(cluster, 'web-0', 'detach', 'never');
    await cluster.patch('web', toImage('web:2'));
    await eventually(async () => {
      const [member] = (await cluster.nd('web')).status?.members ?? [];
      expect(member).toMatchObject({ phase: 'AwaitingDetach', attachment: { state: 'Detaching' } });
      expect(member?.message).toContain(machine);
    });
    // As long as it takes: nothing is to be done, and nothing is done.
    await operator.quiet();
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(['web-0 stop', 'web-0 pod gone']);

    await delay(cluster, 'web-0', 'detach', undefined);
    await untilAllRun(cluster, 'web:2');
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(handOff('web-0', 'web:2'));
    expect(findDoubleUse(truth, volumes)).toEqual([]);
    expect(machinesOf(truth, volumes.get('web-0'))).toEqual([machine, await machineOf(cluster, 'web-0-0')]);
    expect(await machineOf(cluster, 'web-0-0')).not.toBe(machine);
  });
});

describe('scenario 17: a pool of machines that is empty', () => {
  test('holds up its members without alarm, from zero as from the start, and they run on the first machine that joins', async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    const pool = `example.com/${cluster.namespace}`;
    const template = {
      spec: { nodeSelector: { [pool]: 'yes' }, containers: [{ name: 'web', image: 'web:1' }] },
    };
    await cluster.apply(fleet({ replicas: 0, storage: {}, spec: { replicas: 0, template } }));
    await untilReady(cluster);
    await cluster.kubectl(['scale', 'nd/web', '--replicas=2']);
    await eventually(async () => {
      const deployment = await cluster.nd('web');
      expect(deployment.status?.members).toMatchObject([
        { name: 'web-0', phase: 'Starting', reason: 'Unschedulable' },
        { name: 'web-1', phase: 'Starting', reason: 'Unschedulable' },
      ]);
      expect(deployment.status?.members?.[0]?.message).toContain('selector');
      // A claim that waits for its first pod is as it should be.
      expect(condition(deployment, 'Stalled')).toMatchObject({ status: 'False' });
      expect(condition(deployment, 'StorageReady')).toMatchObject({ status: 'False', reason: 'ClaimsPending' });
    });

    await kubectlFor(cluster.plane)(['label', 'node', 'machine-1', `${pool}=yes`]);
    await untilReady(cluster);
    expect([await machineOf(cluster, 'web-0-0'), await machineOf(cluster, 'web-1-0')]).toEqual([
      'machine-1',
      'machine-1',
    ]);
    const before = await claimUids(cluster);
    await kubectlFor(cluster.plane)(['label', 'node', 'machine-1', `${pool}-`]);
    await cluster.kubectl(['scale', 'nd/web', '--replicas=0']);
    await eventually(async () => expect(expectReady(await cluster.nd('web')).status).toMatchObject({ replicas: 0 }));
    await cluster.kubectl(['scale', 'nd/web', '--replicas=2']);
    await eventually(async () => {
      expect((await cluster.nd('web')).status?.members).toMatchObject([
        { reason: 'Unschedulable' },
        { reason: 'Unschedulable' },
      ]);
    });
    await kubectlFor(cluster.plane)(['label', 'node', 'machine-2', `${pool}=yes`]);
    await untilReady(cluster);
    expect(await machineOf(cluster, 'web-0-0')).toBe('machine-2');
    expect(await claimUids(cluster)).toEqual(before);
  });
});

describe('scenario 19: draining the machine of a single replica', () => {
  test('completes, and the replica runs on another machine with its volume', async () => {
    const cluster = await newCluster();
    const labels = { 'example.com/drained': cluster.namespace };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
    const { truth, volumes } = await readyFleet({ storage: {}, spec: { template } }, cluster);
    const machine = await machineOf(cluster, 'web-0-0');
    const claim = await cluster.read(CLAIM, 'web-0');
    await cordon(cluster, machine);
    // The selector spares the pods of other tests; nothing else makes it easier.
    const selector = `--pod-selector=example.com/drained=${cluster.namespace}`;
    await kubectlFor(cluster.plane)(['drain', machine, selector, '--timeout=20s']);

    await eventually(async () => {
      expectReady(await cluster.nd('web'));
      expect(await machineOf(cluster, 'web-0-0')).not.toBe(machine);
    });
    expect((await cluster.read(CLAIM, 'web-0')).metadata.uid).toBe(claim.metadata.uid);
    await truth.caughtUp();
    expect(machinesOf(truth, volumes.get('web-0'))).toEqual([machine, await machineOf(cluster, 'web-0-0')]);
    // Kubernetes makes the replacement at once; what attaches the volume waits. There are never two attachments.
    expect(findDoubleUse(truth, volumes).filter((line) => !line.includes(' made while '))).toEqual([]);
  });

  test('takes its consumers along: all leave the machine, and meet on another one', async () => {
    const cluster = await newCluster();
    const labels = { 'example.com/drained': cluster.namespace };
    const pod = (name: string) => ({ metadata: { labels }, spec: { containers: [{ name, image: `${name}:1` }] } });
    const consumers = [
      { name: 'worker', kind: 'Follower', template: pod('worker') },
      { name: 'clean-up', kind: 'CronJob', schedule: '0 0 29 2 *', template: pod('clean-up') },
    ];
    await readyFleet({ storage: {}, spec: { template: pod('web'), consumers } }, cluster);
    const untilTogether = () =>
      eventually(async () => {
        expectReady(await cluster.nd('web'));
        const machine = await machineOf(cluster, 'web-0-0');
        const member = (await cluster.nd('web')).status?.members?.[0];
        expect(member?.consumers).toMatchObject([{ phase: 'Running', nodeName: machine }, { phase: 'Scheduled' }]);
        const runs = (await cluster.read(CRON_JOB, 'web-0-clean-up')).spec?.jobTemplate.spec?.template;
        expect(isPinnedTo(runs?.spec?.affinity, machine)).toBe(true);
        expect(await machineOf(cluster, 'web-0-worker-0')).toBe(machine);
        return machine;
      });
    const machine = await untilTogether();
    await cordon(cluster, machine);
    const selector = `--pod-selector=example.com/drained=${cluster.namespace}`;
    await kubectlFor(cluster.plane)(['drain', machine, selector, '--timeout=20s']);
    await eventually(async () => expect(await machineOf(cluster, 'web-0-0')).not.toBe(machine));
    expect(await untilTogether()).not.toBe(machine);
  });
});
