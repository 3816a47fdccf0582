// The local control plane itself: that it is real, strict, and gone afterwards.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { defaultProviders, resolveTools } from '../../hack/control-plane/assets.ts';
import {
  startControlPlane,
  type ControlPlaneOptions,
  type StartedControlPlane,
} from '../../hack/control-plane/control-plane.ts';
import { writeUserKubeconfig } from '../../hack/control-plane/credentials.ts';
import { kubebuilderAssets } from '../../hack/control-plane/providers/kubebuilder-assets.ts';
import { eventually, isAlive } from '../../hack/control-plane/testing/processes.ts';
import { scratchFolder, writeScript } from '../../hack/control-plane/testing/scratch.ts';
import { POOL_LABEL } from './pools.ts';
import { kubectlFor, newNamespace, sharedControlPlane, type Kubectl } from './start.ts';

const shared = sharedControlPlane();
const kubectl = kubectlFor(shared);

/** A control plane of the test's own, stopped when it is over. */
async function start(
  options: ControlPlaneOptions = {},
): Promise<{ readonly plane: StartedControlPlane; readonly kubectl: Kubectl }> {
  const plane = await startControlPlane({ log: () => {}, ...options });
  onTestFinished(() => plane.stop());
  return { plane, kubectl: kubectlFor(plane) };
}

describe('the shared control plane', () => {
  test('serves the pinned version', async () => {
    expect(JSON.parse(await kubectl(['get', '--raw=/version']))).toMatchObject({ gitVersion: 'v1.36.3' });
  });

  test('has three Ready machines in three zones', async () => {
    const path =
      '{range .items[*]}{.metadata.name} {.metadata.labels.topology\\.kubernetes\\.io/zone} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
    expect((await kubectl(['get', 'nodes', `-l=!${POOL_LABEL}`, `-o=jsonpath=${path}`])).split('\n')).toEqual([
      'machine-0 zone-a True',
      'machine-1 zone-b True',
      'machine-2 zone-c True',
    ]);
  });
});

describe('who may do what', () => {
  /** kubectl as a user without any rights but those that the test binds. */
  function as(user: string, groups: readonly string[] = []): Kubectl {
    return kubectlFor(shared, writeUserKubeconfig({ dir: shared.dir, server: shared.server, user, groups }));
  }

  test('the administrator may do everything', async () => {
    expect(await kubectl(['auth', 'can-i', '*', '*'])).toBe('yes');
  });

  test('anonymous requests are forbidden', async () => {
    const ca = Buffer.from(shared.caData, 'base64');
    const [response] = await once(get(`${shared.server}/api/v1/pods`, { ca, agent: false }), 'response');
    expect(response.statusCode).toBe(403);
  });

  test('a wrong token is unauthorized', async () => {
    const flags = [`--server=${shared.server}`, '--insecure-skip-tls-verify', '--token=wrong'];
    await expect(kubectlFor(shared, '/dev/null')([...flags, 'get', 'pods'])).rejects.toThrow('must be logged in');
  });

  test('a user without a binding is forbidden', async () => {
    await expect(as('stranger')(['get', 'pods'])).rejects.toThrow('User "stranger" cannot list resource "pods"');
  });

  test('a binding to the user or to one of the groups is enough', async () => {
    const namespace = await newNamespace(kubectl);
    await kubectl([`-n=${namespace}`, 'create', 'rolebinding', 'by-user', '--clusterrole=view', '--user=viewer']);
    await kubectl([`-n=${namespace}`, 'create', 'rolebinding', 'by-group', '--clusterrole=edit', '--group=editors']);
    const may = (user: Kubectl, verb: string): Promise<string> =>
      user([`-n=${namespace}`, 'auth', 'can-i', verb, 'pods']);
    await expect(may(as('viewer'), 'list')).resolves.toBe('yes');
    await expect(may(as('viewer'), 'delete')).rejects.toThrow();
    await expect(may(as('someone', ['editors']), 'delete')).resolves.toBe('yes');
  });
});

describe('two control planes', () => {
  test('run side by side, each with its own data, and end one by one', async () => {
    const [first, second] = await Promise.all([start(), start()]);
    await first.kubectl(['create', 'configmap', 'mine']);
    await expect(second.kubectl(['get', 'configmap', 'mine'])).rejects.toThrow('not found');
    await first.plane.stop();
    await expect(second.kubectl(['get', '--raw=/readyz'])).resolves.toBe('ok');
  });
});

describe('two API servers', () => {
  test('serve the same data', async () => {
    const { plane, kubectl: viaFirst } = await start({ apiServers: 2 });
    await viaFirst(['create', 'configmap', 'shared']);
    expect(await viaFirst([`--server=${plane.servers[1]}`, 'get', 'configmap', 'shared', '-o=name'])).toBe(
      'configmap/shared',
    );
  });
});

describe('a component', () => {
  test.for(['apiserver', 'etcd'] as const)(
    '%s that is killed with -9 and restarted has lost nothing',
    async (component) => {
      const { plane, kubectl: own } = await start();
      await own(['create', 'configmap', 'kept']);
      await plane.kill(component);
      await expect(own(['get', 'configmap', 'kept', '--request-timeout=1s'])).rejects.toThrow();
      await plane.restart(component);
      await eventually('an answer', () =>
        own(['get', 'configmap', 'kept']).then(
          () => true,
          () => false,
        ),
      );
    },
  );

  test('that is paused answers nothing until it is resumed', async () => {
    const { plane, kubectl: own } = await start();
    plane.pause('apiserver');
    await expect(own(['get', '--raw=/readyz', '--request-timeout=500ms'])).rejects.toThrow();
    plane.resume('apiserver');
    await expect(own(['get', '--raw=/readyz'])).resolves.toBe('ok');
  });

  test('that was not asked for cannot be mistreated', async () => {
    const { plane } = await start();
    await expect(plane.kill('kwok')).rejects.toThrow('kwok was not started; it has etcd, apiserver');
  });
});

describe('a start', () => {
  /** A chain in which kube-apiserver is this shell script. */
  function withApiServer(script: string): ControlPlaneOptions {
    const folder = scratchFolder();
    writeScript(join(folder, 'kube-apiserver'), script);
    const log = (): void => {};
    return {
      log,
      providers: [kubebuilderAssets({ KUBEBUILDER_ASSETS: folder }), ...defaultProviders(process.env, log)],
    };
  }

  test('that fails says which program ended, how, and its last words, and leaves nothing behind', async () => {
    const failure = startControlPlane(withApiServer('echo "$@"; echo "error: unknown flag" >&2; exit 2'));
    const { message } = await failure.then(
      () => new Error('started'),
      (error: Error) => error,
    );
    expect(message).toMatch(/^start apiserver: ended with exit code 2; the end of its log:\n[^]*error: unknown flag$/);
    const folder = /--cert-dir=(\S+)\/apiserver/.exec(message)?.[1] ?? '';
    expect([folder.includes('nodefleet-'), existsSync(folder)]).toEqual([true, false]);
  });

  test('takes other ports when somebody has taken the first ones in between', async () => {
    const real = (await resolveTools(['kube-apiserver'], { log: () => {} })).get('kube-apiserver')?.path;
    const flag = join(scratchFolder(), 'tried');
    const script = `[ -e ${flag} ] || { touch ${flag}; echo "bind: address already in use"; exit 1; }; exec ${real} "$@"`;
    const { kubectl: own } = await start(withApiServer(script));
    await expect(own(['get', '--raw=/readyz'])).resolves.toBe('ok');
  });
});

describe('nothing is left', () => {
  test('after stop, which may be called twice', async () => {
    const { plane } = await start();
    const pids = [plane.pid('etcd'), plane.pid('apiserver')];
    expect([pids.map(isAlive), existsSync(plane.dir)]).toEqual([[true, true], true]);
    await Promise.all([plane.stop(), plane.stop()]);
    expect([pids.map(isAlive), existsSync(plane.dir)]).toEqual([[false, false], false]);
  });

  test.for<{ name: string; end: NodeJS.Signals }>([
    { name: 'kill -9 of the program that started it', end: 'SIGKILL' },
    { name: 'Ctrl-C', end: 'SIGINT' },
  ])('after $name', async ({ end }) => {
    const script = join(import.meta.dirname, 'control-plane-parent.ts');
    const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    const [line]: Buffer[] = await once(parent.stdout, 'data');
    const { dir, pids }: { readonly dir: string; readonly pids: readonly number[] } = JSON.parse(String(line));
    expect([pids.map(isAlive), existsSync(dir)]).toEqual([pids.map(() => true), true]);
    // To the whole process group, as a terminal does it.
    process.kill(-(parent.pid ?? 0), end);
    await eventually('all gone', () => !pids.some(isAlive) && !existsSync(dir));
  });
});
