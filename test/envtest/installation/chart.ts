// Installing with Helm: the chart and config/ give the same objects, wrong values are refused, and what people have
// survives an upgrade and an uninstallation.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { resolveTools } from '../../../hack/control-plane/assets.ts';
import type { StartedControlPlane } from '../../../hack/control-plane/control-plane.ts';
import { newCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { expectReady, fleet } from '../support/fleets.ts';
import { startOperator } from '../support/operator.ts';
import { claimUids } from '../support/stage.ts';
import { administrator, CONFIG, SYSTEM_NAMESPACE, untilRolledOut } from './plane.ts';

const run = promisify(execFile);
const CHART = `${CONFIG}/helm/nodefleet`;
const RELEASE = ['nodefleet', CHART, `--namespace=${SYSTEM_NAMESPACE}`];

interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** @throws Error with what helm said on standard error */
async function helm(
  plane: Pick<StartedControlPlane, 'kubeconfigPath' | 'dir'>,
  args: readonly string[],
): Promise<string> {
  const tools = await resolveTools(['helm'], { log: () => {} });
  const home = { HELM_CACHE_HOME: plane.dir, HELM_CONFIG_HOME: plane.dir, HELM_DATA_HOME: plane.dir };
  const env = { PATH: process.env['PATH'], HOME: plane.dir, KUBECONFIG: plane.kubeconfigPath, ...home };
  const { stdout } = await run(tools.get('helm')?.path ?? '', args, { env, maxBuffer: 2 ** 25 });
  return stdout;
}

/** The objects of a text, by kind, namespace and name, without the marks that Helm puts on them. */
function objectsOf(text: string): Readonly<Record<string, unknown>> {
  const isHelms = (key: string): boolean =>
    key.startsWith('helm.sh/') || /^app\.kubernetes\.io\/(instance|managed-by|version)$/.test(key);
  const plain = (marks: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(Object.entries(marks).filter(([key]) => !isHelms(key)));
  const objects = parseAllDocuments(text).flatMap((document): Manifest[] => document.toJS() ?? []);
  return Object.fromEntries(
    objects.map(({ metadata, ...rest }) => {
      const marks = { labels: plain(metadata.labels), annotations: plain(metadata.annotations) };
      return [
        `${rest.kind} ${metadata.namespace ?? ''}/${metadata.name}`,
        { ...rest, metadata: { ...metadata, ...marks } },
      ];
    }),
  );
}

async function expectSame(
  plane: StartedControlPlane,
  folders: readonly string[],
  values: readonly string[],
): Promise<void> {
  const kubectl = administrator(plane);
  const built = await Promise.all(folders.map((folder) => kubectl(['kustomize', `${CONFIG}/${folder}`])));
  const wanted = objectsOf(built.join('\n---\n'));
  const { [`Namespace /${SYSTEM_NAMESPACE}`]: namespace, ...others } = wanted;
  expect(namespace).toBeDefined(); // Helm makes it, if told to
  const rendered = objectsOf(await helm(plane, ['template', ...RELEASE, ...values]));
  expect(rendered).toEqual(others);
}

export function testChart(planeOf: () => StartedControlPlane): void {
  test.for([
    { folders: ['default'], values: [] },
    { folders: ['namespaced'], values: ['--set=namespaces={team-a,team-b}'] },
    { folders: ['shards'], values: ['--set=shards={default,a,b}', '--set=replicas=3'] },
    { folders: ['default', 'prometheus'], values: ['--set=monitoring.install=true'] },
  ])('the chart with $values and config/ with $folders are the same, object by object', async ({ folders, values }) => {
    await expectSame(planeOf(), folders, values);
  });

  test.for([
    { value: 'replicas=two', says: "at '/replicas': got string, want integer" },
    { value: 'namespaces={Shop}', says: "at '/namespaces/0': 'Shop' does not match pattern" },
    { value: 'shards={default,Team}', says: "at '/shards/1': 'Team' does not match pattern" },
    { value: 'namespace=shop', says: "additional properties 'namespace' not allowed" },
    { value: 'image.pullPolicy=Sometimes', says: "at '/image/pullPolicy': value must be one of" },
    { value: 'args={log-level}', says: "at '/args/0': 'log-level' does not match pattern" },
  ])('a wrong value is refused: $value', async ({ value, says }) => {
    await expect(helm(planeOf(), ['template', ...RELEASE, `--set=${value}`])).rejects.toThrow(says);
  });

  test('fleets, their claims and the CRD survive helm upgrade, uninstall and a new install', async () => {
    const plane = planeOf();
    const kubectl = administrator(plane);
    await helm(plane, ['install', ...RELEASE, '--create-namespace']);
    await untilRolledOut(kubectl);
    const cluster = await newCluster(plane);
    const operator = await startOperator(cluster);
    await cluster.apply(fleet({ storage: {} }));
    await eventually(async () => expectReady(await cluster.nd('web')));
    const before = { uid: (await cluster.nd('web')).metadata.uid, claims: await claimUids(cluster) };

    await helm(plane, ['upgrade', ...RELEASE, '--set=args={--log-level=debug}']);
    await untilRolledOut(kubectl);
    const jsonPath = '-o=jsonpath={.spec.template.spec.containers[0].args}';
    const args = await kubectl([
      'get',
      'deployment',
      'nodefleet-operator',
      `--namespace=${SYSTEM_NAMESPACE}`,
      jsonPath,
    ]);
    expect(args).toBe('["--log-level=debug"]');
    await operator.stop();

    await helm(plane, ['uninstall', 'nodefleet', `--namespace=${SYSTEM_NAMESPACE}`, '--wait']);
    const left = await kubectl(['get', 'clusterrole,clusterrolebinding,validatingadmissionpolicy', '-o=name']);
    expect(left.split('\n').filter((name) => name.includes('nodefleet'))).toEqual([]);
    await kubectl(['get', 'crd', 'nodedeployments.nodefleet.dev']);
    await helm(plane, ['install', ...RELEASE]);
    await untilRolledOut(kubectl);
    expect({ uid: (await cluster.nd('web')).metadata.uid, claims: await claimUids(cluster) }).toEqual(before);
    await cluster.kubectl(['delete', 'nodedeployment', 'web']);
    await helm(plane, ['uninstall', 'nodefleet', `--namespace=${SYSTEM_NAMESPACE}`, '--wait']);
  });
}
