// The program `kubectl nodefleet` as a user runs it: a process of its own, against fleets in several states.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { writeUserKubeconfig } from '../../hack/control-plane/credentials.ts';
import { CLAIM } from '../../src/kube/kinds.ts';
import { kubectlFor, sharedControlPlane } from './start.ts';
import { newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { fleet, toImage } from './support/fleets.ts';
import { claimUids, imagesOf, readyFleet, untilAllRun } from './support/stage.ts';

const PROGRAM = join(import.meta.dirname, '../../src/plugin/main.ts');

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The program with these arguments; it inherits nothing from this process. */
function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...args], { env: environment }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err });
    });
    child.stdin?.end();
  });
}

/** The program in the namespace of the test, as the administrator or as the user of a kubeconfig. */
function plugin({ plane, namespace }: Cluster, args: string, kubeconfig = plane.kubeconfigPath): Promise<Ended> {
  return run([...args.split(' '), `--namespace=${namespace}`], { KUBECONFIG: kubeconfig });
}

/** The document that the program prints. @throws AssertionError unless it succeeds */
async function json(cluster: Cluster, args: string): Promise<unknown> {
  const { code, out, err } = await plugin(cluster, `${args} -o json`);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
}

/** Does what the program tells to do next. */
async function obey({ kubectl, namespace }: Cluster, command: string): Promise<void> {
  const [program, ...args] = command.split(' ');
  expect(program).toBe('kubectl');
  expect(command).toContain(`-n ${namespace}`);
  await kubectl(args);
}

/** A user of this name who may do nothing but this in the namespace. */
async function userWith({ namespace, kubectl }: Cluster, verbs: string, resources: string): Promise<string> {
  const { dir, server } = sharedControlPlane();
  const user = `reader-${randomBytes(4).toString('hex')}`;
  if (verbs !== '') {
    await kubectl(['create', 'role', user, `--verb=${verbs}`, `--resource=${resources}`]);
    await kubectl(['create', 'rolebinding', user, `--role=${user}`, `--user=${user}`, `--namespace=${namespace}`]);
  }
  return writeUserKubeconfig({ dir, server, user });
}

describe('a Ready fleet', () => {
  test('is listed, is told member by member, and nothing blocks it', async () => {
    const { cluster } = await readyFleet({ replicas: 2, storage: {} });
    const list = await plugin(cluster, 'status');
    expect(list).toMatchObject({ code: 0, err: '' });
    expect(list.out).toMatch(/^NAME .*\nweb +2 +2 +2 +AllMembersReady +\d+s\n$/);

    const one = await plugin(cluster, 'status nd/web');
    expect(one.code).toBe(0);
    const claim = await cluster.read(CLAIM, 'web-1');
    for (const line of [
      /^NodeDeployment .*\/web {2}AllMembersReady$/m,
      /^ {2}Ready +True +AllMembersReady /m,
      /^ {2}web-1 {2}Running$/m,
      /claim +web-1 · 1Gi · Bound$/m,
      new RegExp(`volume +${claim.spec?.volumeName}$`, 'm'),
      /attachment +Attached for \d+s$/m,
    ]) {
      expect(one.out).toMatch(line);
    }
    expect(await json(cluster, 'status web')).toMatchObject({
      kind: 'Fleet',
      name: 'web',
      isReady: true,
      members: [{ name: 'web-0' }, { name: 'web-1', claim: { volume: claim.spec?.volumeName, phase: 'Bound' } }],
    });

    const why = await plugin(cluster, 'why web-1');
    expect(why.code).toBe(0);
    expect(why.out).toMatch(/^nothing blocks web-1: it is Ready on revision \w+\n/);
    expect(await json(cluster, 'why web-1')).toMatchObject({ kind: 'Explanation', verdict: 'Clear', member: 'web-1' });
    expect((await plugin(cluster, 'rollout status web --timeout=10s')).out).toBe(
      'rollout of web is complete: 2 of 2 members are available\n',
    );
  });
});

describe('why', () => {
  test('names the pod that holds the claim, and its command lets the rollout go on', async () => {
    const { cluster } = await readyFleet({ storage: {} });
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'web-0' } }];
    const spec = { containers: [{ name: 'backup', image: 'backup:1' }], volumes };
    await cluster.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'backup' }, spec });
    await cluster.patch('web', toImage('web:2'));
    const { out } = await eventually(async () => {
      const said = await plugin(cluster, 'why web-0');
      expect(said.out).toContain('web-0 is blocked by PersistentVolumeClaim web-0');
      return said;
    });
    expect(out).toMatch(/^✗ {2}PersistentVolumeClaim {2}web-0: pod backup mounts it/m);
    const waiting = await plugin(cluster, 'rollout status web --timeout=1s');
    expect(waiting).toMatchObject({ code: 1, err: expect.stringContaining('not complete after 1s') });
    expect(waiting.out).toContain('stalled: web-0: pod backup mounts claim web-0');
    await obey(cluster, out.trim().split('\n').at(-1)?.trim() ?? '');
    await untilAllRun(cluster, 'web:2');
  });

  test('names the machine that is down, with the taint and never with force', async () => {
    const cluster = await newCluster();
    const anywhere = kubectlFor(cluster.plane);
    const machine = `down-${randomBytes(4).toString('hex')}`;
    const long = '2020-01-01T00:00:00Z';
    const ready = { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message: 'silent' };
    const status = { conditions: [{ ...ready, lastTransitionTime: long, lastHeartbeatTime: long }] };
    onTestFinished(async () => void (await anywhere(['delete', 'node', machine])));
    await anywhere(['create', '-f', '-'], { apiVersion: 'v1', kind: 'Node', metadata: { name: machine } });
    await anywhere(['patch', 'node', machine, '--subresource=status', `--patch=${JSON.stringify({ status })}`]);

    const stage = await readyFleet({}, cluster);
    const containers = [{ name: 'web', image: 'web:2' }];
    await cluster.patch('web', { spec: { template: { spec: { nodeName: machine, containers } } } });
    await stage.operator.quiet();
    await eventually(async () => {
      const { code, out } = await plugin(cluster, 'why web-0');
      expect(code).toBe(0);
      expect(out).toContain(`web-0 is blocked by Node ${machine}`);
      expect(out.trim().split('\n').at(-1)).toBe(
        `  kubectl taint nodes ${machine} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute`,
      );
      expect(out).not.toContain('--force');
    });
  });

  test('says what it may not read, and goes on with the rest', async () => {
    const { cluster } = await readyFleet({ storage: {} });
    const reader = await userWith(cluster, 'get,list', 'nodedeployments.nodefleet.dev,pods,persistentvolumeclaims');
    const { code, out } = await plugin(cluster, 'why web-0', reader);
    expect(code).toBe(0);
    expect(out).toContain('nothing that you may read blocks web-0; not read: StatefulSet, PersistentVolume');
    expect(out).toMatch(/^\? {2}VolumeAttachment +you may not read attachments$/m);
    expect(out).toMatch(/^✓ {2}Pod +web-0-0: Running and Ready/m);
  });
});

describe('claims', () => {
  test('--purge deletes exactly the retained claim that was named, and none that is used or wanted', async () => {
    const { cluster } = await readyFleet({ replicas: 3, storage: {} });
    const uids = await claimUids(cluster);
    await cluster.kubectl(['scale', 'nd/web', '--replicas=1']);
    await eventually(async () => {
      expect(await json(cluster, 'claims web')).toMatchObject({
        items: [
          { name: 'web-1', uid: uids['web-1'], size: '1Gi', owner: { name: 'web' }, mountedBy: [] },
          { name: 'web-2', uid: uids['web-2'] },
        ],
      });
    });
    expect((await plugin(cluster, 'claims')).out).toMatch(/^web-2 +1Gi +standard +web +- +\d+s +\d+s +[-\w]{36}$/m);

    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'web-2' } }];
    const spec = { nodeName: 'nowhere', containers: [{ name: 'a', image: 'a:1' }], volumes };
    await cluster.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'reader' }, spec });
    for (const [args, code, says] of [
      [`--purge ${uids['web-0']} --yes`, 1, 'claim web-0 is not deleted: member web-0 of NodeDeployment web wants it'],
      [`--purge ${uids['web-2']} --yes`, 1, 'claim web-2 is not deleted: pod reader mounts it'],
      [`--purge web-1 --yes`, 1, `that is a name, its uid is ${uids['web-1']}`],
      [`--purge ${uids['web-1']}`, 2, 'add --yes to agree beforehand'],
    ] as const) {
      expect(await plugin(cluster, `claims ${args}`), args).toMatchObject({ code, err: expect.stringContaining(says) });
    }
    expect(await claimUids(cluster)).toEqual(uids);

    const purged = await plugin(cluster, `claims --purge ${uids['web-1']} --yes`);
    expect(purged).toMatchObject({ code: 0, err: '' });
    expect(purged.out).toMatch(/claim .*\/web-1 deleted\. Its volume \S+ goes too, with the data/);
    await eventually(async () => expect(Object.keys(await claimUids(cluster))).toEqual(['web-0', 'web-2']));
  });
});

describe('rollout', () => {
  test('pause keeps members where they are, and resume lets them go on', async () => {
    const { cluster, operator } = await readyFleet({ replicas: 2 });
    expect((await plugin(cluster, 'rollout pause web')).out).toBe(`rollout of ${cluster.namespace}/web paused\n`);
    await cluster.patch('web', toImage('web:2'));
    await operator.quiet();
    expect(await imagesOf(cluster)).toEqual(['web:1', 'web:1']);
    expect((await plugin(cluster, 'why web-1')).out).toContain('spec.rollout.paused: no further member is moved');
    expect(await json(cluster, 'rollout pause web')).toMatchObject({ isPaused: true, isChanged: false });
    expect(await json(cluster, 'rollout resume web')).toMatchObject({ isPaused: false, isChanged: true });
    expect(await plugin(cluster, 'rollout status web')).toMatchObject({ code: 0 });
    // The last surge pod goes once its member is available, which may be a moment after the rollout is over.
    await eventually(async () => expect(await imagesOf(cluster)).toEqual(['web:2', 'web:2']));
  });

  test('undo puts the template before back as it was, and the members follow', async () => {
    const { cluster } = await readyFleet({ storage: {} });
    const first = (await cluster.nd('web')).spec.template;
    const env = [{ name: 'A', value: 'b' }];
    const containers = [{ name: 'web', image: 'web:2', env }];
    await cluster.patch('web', { spec: { template: { metadata: { labels: { tier: 'a' } }, spec: { containers } } } });
    await untilAllRun(cluster, 'web:2');
    expect((await plugin(cluster, 'rollout history web')).out).toMatch(/^2 \* .* web:2\n1 .* web:1$/m);

    const { code, out } = await plugin(cluster, 'rollout undo web');
    expect(code).toBe(0);
    expect(out).toMatch(/\/web goes from revision 2 \(\w+\) to revision 1 \(\w+\)$/m);
    expect(out).toContain('- spec.containers[web].image: web:2');
    expect(out).toContain('+ spec.containers[web].image: web:1');
    expect((await cluster.nd('web')).spec.template).toEqual(first);
    await untilAllRun(cluster, 'web:1');
    await eventually(async () => {
      expect(await json(cluster, 'rollout history web')).toMatchObject({
        revisions: [
          { number: 3, images: ['web:1'], isCurrent: true },
          { number: 2, images: ['web:2'] },
        ],
        plans: [{ phase: 'Completed' }, { phase: 'Completed' }],
      });
    });
    expect(await json(cluster, 'rollout undo web --to-revision=3')).toMatchObject({ isChanged: false });
    expect(await plugin(cluster, 'rollout undo web --to-revision=9')).toMatchObject({ code: 1 });
  });

  test('status ends with 1 once the progress deadline has passed, and says at which member', async () => {
    const { cluster } = await readyFleet({ replicas: 2, rollout: { progressDeadlineSeconds: 1 } });
    await cluster.patch('web', toImage('web:broken'));
    const { code, err } = await plugin(cluster, 'rollout status web');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: the rollout of web has stopped: web-1: .*; see kubectl nodefleet status web -n test-\w+\n$/,
    );
  });
});

describe('an error is one line that says what, where and what to do', () => {
  test('about a fleet that is not there', async () => {
    const cluster = await newCluster();
    await cluster.apply(fleet({}));
    const where = `in namespace ${cluster.namespace} of context local`;
    expect(await plugin(cluster, 'status wbe')).toEqual({
      code: 1,
      out: '',
      err: `error: there is no NodeDeployment wbe ${where}; there are: web\n`,
    });
    const elsewhere = await run(['why', 'web-0', '-n', 'kube-system'], { KUBECONFIG: cluster.plane.kubeconfigPath });
    expect(elsewhere).toMatchObject({ code: 1, err: expect.stringContaining(`-n ${cluster.namespace}`) });
  });

  test('about a cluster that is not there', async () => {
    const { kubectl } = await newCluster();
    const config = JSON.parse(await kubectl(['config', 'view', '--raw', '-o', 'json']));
    for (const { cluster } of config.clusters) cluster.server = 'https://127.0.0.1:1';
    const path = join(sharedControlPlane().dir, `nobody-${randomBytes(4).toString('hex')}.json`);
    writeFileSync(path, JSON.stringify(config));
    expect(await run(['status', '--kubeconfig', path])).toEqual({
      code: 1,
      out: '',
      err: `error: cannot reach the API server at https://127.0.0.1:1: connection refused; is the cluster up? ${path} names this server\n`,
    });
    expect(await run(['status'])).toMatchObject({ code: 1, err: expect.stringContaining('give --kubeconfig <file>') });
  });

  test('about missing rights', async () => {
    const cluster = await newCluster();
    await cluster.apply(fleet({}));
    const nobody = await userWith(cluster, '', '');
    for (const args of ['status', 'why web-0', 'claims']) {
      const { code, out, err } = await plugin(cluster, args, nobody);
      expect({ code, out }, args).toEqual({ code: 1, out: '' });
      expect(err, args).toMatch(/^error: .*forbidden: User "reader-\w+" cannot (get|list) .*; ask for that right.*\n$/);
    }
    const reader = await userWith(cluster, 'get', 'nodedeployments.nodefleet.dev');
    expect(await plugin(cluster, 'rollout pause web', reader)).toMatchObject({
      code: 1,
      err: expect.stringContaining('cannot patch resource "nodedeployments"'),
    });
  });

  test('about a wrong command line, with exit code 2', async () => {
    expect(await run(['statsu'])).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^error: .*\n$/) });
  });
});

test('help and version need no cluster', async () => {
  expect(await run([])).toMatchObject({ code: 0, out: expect.stringContaining('why MEMBER'), err: '' });
  expect(await run(['rollout', 'undo', '-h'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('--to-revision N'),
  });
  expect((await run(['--version'])).out).toMatch(/^kubectl-nodefleet \d+\.\d+\.\d+\n$/);
});
