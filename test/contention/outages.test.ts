// API servers and etcd that stand still, are killed and come back, and a CRD of another version, on a control plane of
// this file's own: two API servers on one etcd. A server that is stopped with SIGSTOP shows the past, really, to
// whoever watches through it.
import { join } from 'node:path';

import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';

import { startControlPlane, type StartedControlPlane } from '../../hack/control-plane/control-plane.ts';
import { writeKubeconfig } from '../../hack/control-plane/kubeconfig.ts';
import { CLAIM, SERVICE, STATEFUL_SET, type Kind } from '../../src/kube/kinds.ts';
import type { HttpRequest, Transport } from '../../src/runtime/client/transport.ts';
import { sleep, systemClock } from '../../src/runtime/clock.ts';
import { installCrds, kubectlFor, type Kubectl } from '../envtest/start.ts';
import { deletedClaims } from '../envtest/support/claims.ts';
import { connectTo, newCluster, type Cluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { answeredWrites } from '../envtest/support/exchanges.ts';
import { fleet, toImage } from '../envtest/support/fleets.ts';
import { startOperatorProcess } from '../envtest/support/operator-process.ts';
import { startOperator } from '../envtest/support/operator.ts';
import { claimUids, untilAllRun, untilReady, volumesOf } from '../envtest/support/stage.ts';
import { recordTruth } from '../envtest/support/truth.ts';
import { measure } from './report/measure.ts';
import { counted, keepLedger } from './support/ledger.ts';
import { OUTAGES } from './support/outages.ts';

/** Characters of a log, where a test has failed. */
const LOG_SHOWN = 3_000;

let plane: StartedControlPlane;
/** Leads to the second API server. */
let second: string;
beforeAll(async () => {
  plane = await startControlPlane({
    with: ['controller-manager', 'scheduler', 'kwok', 'storage'],
    apiServers: 2,
    storage: { attachDelayMs: 100, detachDelayMs: 100 },
  });
  await installCrds(plane);
  second = join(plane.dir, 'second.kubeconfig');
  const authority = Buffer.from(plane.caData, 'base64').toString();
  const credentials = { token: plane.token };
  writeKubeconfig(second, { server: plane.servers[1] ?? '', authority, user: 'admin', credentials });
});
afterAll(() => plane?.stop());

/** Watches through one server, and asks all else of another. */
function split(watches: Transport, requests: Transport): Transport {
  return {
    request: (request) => requests.request(request),
    stream: (request) => watches.stream(request),
    close: async () => {
      await Promise.all([watches.close(), requests.close()]);
    },
  };
}

const isClaimDeletion = ({ method, path }: HttpRequest): boolean =>
  method === 'DELETE' && path.includes('/persistentvolumeclaims/');

/** The live read that is the fence around all children. */
const isFence = ({ method, path }: HttpRequest): boolean => method === 'GET' && path.endsWith('/nodedeployments/web');

test('C13 with its caches behind a server that stands still, the operator removes no member that is wanted again', async () => {
  const cluster = await newCluster(plane);
  const truth = await recordTruth(cluster);
  const over = split(await connectTo({ ...plane, kubeconfigPath: second }), await connectTo(plane));
  const operator = await startOperator(cluster, { over, resyncMs: 500 });
  await cluster.apply(fleet({ replicas: 2, storage: { retention: { onScaleDown: 'Delete' } } }));
  await untilReady(cluster);
  const claims = await claimUids(cluster);
  const held = operator.hold(isFence, 'before-send');
  await cluster.kubectl(['scale', 'nd/web', '--replicas=1']);
  await held.reached;
  const frozenAt = Number((await cluster.nd('web')).metadata.resourceVersion);
  plane.pause('apiserver-2');
  try {
    await cluster.kubectl(['scale', 'nd/web', '--replicas=2']);
    const conflicts = operator.tally.count('conflict');
    operator.recording.clear();
    held.release();
    // Again and again it decides to remove the member, from what it sees, and never does.
    await eventually(() => expect(operator.tally.count('conflict')).toBeGreaterThan(conflicts + 3));
    const behind = Number((await cluster.nd('web')).metadata.resourceVersion) - frozenAt;
    const carriedOut = (await answeredWrites(operator.recording)).filter(({ status }) => status !== 409);
    const onOldView = operator.tally.count('conflict') - conflicts;
    measure({ 'revisions behind': behind, 'conflicts on the old view': onOldView, 'writes on it': carriedOut.length });
    expect(behind).toBeGreaterThan(0);
    expect(carriedOut).toEqual([]);
  } finally {
    plane.resume('apiserver-2');
  }
  await untilReady(cluster);
  expect(await claimUids(cluster)).toEqual(claims);
  await truth.caughtUp();
  expect(deletedClaims(truth)).toEqual([]);
});

test('C14 an operator that is started against a server that stood still while the fleet was deleted and made anew touches nothing of the new one', async () => {
  const cluster = await newCluster(plane);
  const truth = await recordTruth(cluster);
  const first = await startOperator(cluster);
  await cluster.apply(fleet({ replicas: 2, storage: { retention: { onDelete: 'Delete' } } }));
  await untilReady(cluster);
  const claims = await claimUids(cluster);
  const held = first.hold(isClaimDeletion, 'before-send');
  await cluster.kubectl(['delete', 'nd/web', '--wait=false']);
  await held.reached; // terminating, and its claims about to go
  const deletionAt = ['get', 'nd/web', '-o=jsonpath={.metadata.deletionTimestamp}'];
  await eventually(async () =>
    expect(await kubectlFor(plane, second)([`-n=${cluster.namespace}`, ...deletionAt])).not.toBe(''),
  );
  plane.pause('apiserver-2');
  const killed = first.kill();
  held.release(); // into the void
  await killed;
  await cluster.patch('web', { metadata: { finalizers: null } });
  await cluster.apply(fleet({ replicas: 2, storage: {} }));
  const successor = await startOperator(cluster);
  const { metadata } = await untilReady(cluster);
  await successor.stop();

  const flags = ['--leader-elect=false'];
  const starting = startOperatorProcess({ ...cluster, plane: { ...plane, kubeconfigPath: second } }, { flags });
  await sleep(systemClock, 2_000); // it asks a server that does not answer
  plane.resume('apiserver-2');
  await starting;
  await cluster.patch('web', { spec: { replicas: 3 } });
  await untilReady(cluster);
  await truth.caughtUp();
  measure({ 'claims deleted': deletedClaims(truth).length });
  expect(deletedClaims(truth)).toEqual([]);
  expect(await claimUids(cluster)).toMatchObject(claims);
  expect((await cluster.nd('web')).metadata.uid).toBe(metadata.uid);
});

/** What was made, by its uid: what is made anew has another one. */
async function childrenOf({ client, namespace }: Cluster): Promise<readonly string[]> {
  const kinds: readonly Kind[] = [STATEFUL_SET, SERVICE, CLAIM];
  const lists = await Promise.all(kinds.map((kind) => client.list(kind, { namespace })));
  return lists.flatMap((objects) => objects.map(({ metadata }) => `${metadata.name} ${metadata.uid}`)).toSorted();
}

/**
 * Ends a hang. After an outage a controller of Kubernetes lists a kind again up to a minute later (client-go v0.36
 * `Reflector`: a backoff of up to 30 s, and as much again for jitter): also a fleet of the next test waits for it.
 */
const PATIENT = { timeoutMs: 150_000 };

/** What those have written last on whom a fleet waits that does not become Ready. */
function showLogs(): void {
  for (const name of ['controller-manager', 'scheduler', 'storage'] as const)
    process.stderr.write(`the end of the log of ${name}:\n${plane.log(name).slice(-LOG_SHOWN)}\n`);
}

test.for(OUTAGES)(
  '$name while a fleet rolls out and somebody else counts in its status: nothing acknowledged is lost, no child is made twice',
  { timeout: 600_000 },
  async ({ strikes, strike }) => {
    const cluster = await newCluster(plane);
    onTestFailed(showLogs);
    const operator = await startOperatorProcess(cluster, { flags: ['--leader-elect=false'] });
    await cluster.apply(fleet({ replicas: 2, storage: {} }));
    await untilReady(cluster, 'web', PATIENT);
    const children = await childrenOf(cluster);
    const volumes = await volumesOf(cluster);
    const over = new AbortController();
    const counting = keepLedger(cluster, over.signal);
    const imageOf = (round: number): string => `web:${round + 2}`;
    for (let round = 0; round < strikes; round++) {
      const change = eventually(() => cluster.patch('web', toImage(imageOf(round))), PATIENT);
      await Promise.all([change, strike(plane, round)]);
    }
    await untilAllRun(cluster, imageOf(strikes - 1), PATIENT);
    over.abort();
    const { acknowledged, losses } = await counting;

    measure({ [`writes acknowledged during ${strikes} strikes`]: acknowledged, lost: losses.length });
    expect(losses).toEqual([]);
    expect(acknowledged).toBeGreaterThan(strikes);
    expect(counted(await cluster.nd('web'))).toBeGreaterThanOrEqual(acknowledged);
    expect(await childrenOf(cluster)).toEqual(children);
    expect(await volumesOf(cluster)).toEqual(volumes);
    // The same process: nobody has started it again.
    expect((await operator.get('/healthz')).status).toBe(200);
  },
);

const CRD = 'customresourcedefinition/nodedeployments.nodefleet.dev';
const SCHEMA = '/spec/versions/0/schema/openAPIV3Schema';
const PLAN = `${SCHEMA}/properties/status/properties/plan`;
/** How long nobody can store a plan. */
const PLANLESS_MS = 10_000;

/**
 * Makes the CRD that of a version without plans, and waits until the server goes by it: it serves the former schema for a
 * while after it has taken the new one. Resolves to what takes that back.
 */
async function forgetPlans(kubectl: Kubectl): Promise<() => Promise<unknown>> {
  const { spec } = JSON.parse(await kubectl(['get', CRD, '-o=json']));
  const schema = spec.versions[0].schema.openAPIV3Schema;
  const rules: { readonly fieldPath?: string }[] = schema['x-kubernetes-validations'];
  const at = rules.findIndex(({ fieldPath }) => fieldPath === '.status.plan');
  const rule = `${SCHEMA}/x-kubernetes-validations/${at}`;
  const patch = (...changes: readonly object[]): Promise<unknown> =>
    kubectl(['patch', CRD, '--type=json', `--patch=${JSON.stringify(changes)}`]);
  await patch({ op: 'remove', path: rule }, { op: 'remove', path: PLAN });
  const planned = { ...fleet({ name: 'planned' }), status: { plan: {} } };
  const storing = (): Promise<unknown> =>
    kubectl(['create', '--dry-run=server', '--validate=strict', '-f', '-'], planned);
  await eventually(() => expect(storing()).rejects.toThrow('unknown field "status.plan"'));
  const value = schema.properties.status.properties.plan;
  return () => patch({ op: 'add', path: PLAN, value }, { op: 'add', path: rule, value: rules[at] });
}

test('C24 where the CRD does not know the plan no child is changed, the log says which field it is, and all goes on once it does', async () => {
  const cluster = await newCluster(plane);
  onTestFailed(showLogs);
  const operator = await startOperatorProcess(cluster, { flags: ['--leader-elect=false'] });
  const truth = await recordTruth(cluster);
  await cluster.apply(fleet({ rollout: { strategy: 'Recreate' } }));
  await untilReady(cluster, 'web', PATIENT);
  const before = await childrenOf(cluster);
  await truth.caughtUp();
  const from = truth.statefulSets.moments.length;
  const remember = await forgetPlans(cluster.kubectl);
  const refusals = (): number =>
    operator.lines().filter((line) => line.level === 'error' && JSON.stringify(line).includes('status.plan')).length;
  await cluster.patch('web', toImage('web:2'));
  await eventually(() => expect(refusals(), operator.output()).toBeGreaterThan(0));
  const first = refusals();
  await sleep(systemClock, PLANLESS_MS);
  const tries = refusals() - first;
  await truth.caughtUp();
  const generations = (): readonly unknown[] =>
    truth.statefulSets.moments.slice(from).map(({ object }) => object.metadata.generation);
  const changed = generations().filter((generation) => generation !== 1);
  await remember();
  await untilAllRun(cluster, 'web:2', PATIENT);

  measure({ 'tries in 10 s': tries, 'children changed': changed.length });
  expect(changed).toEqual([]);
  expect(tries).toBeLessThanOrEqual(15);
  expect(await childrenOf(cluster)).toEqual(before);
});
