// The operator is paused, throttled, cut off or bereft of a right in the middle of a write, on the real API server.
import { request } from 'node:https';

import { describe, expect, onTestFinished, test } from 'vitest';

import { LEASE_NAME } from '../../src/api/v1alpha1/names.ts';
import { sleep, systemClock } from '../../src/runtime/clock.ts';
import { newCluster, type Cluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { toImage, fleet } from '../envtest/support/fleets.ts';
import { holdersOf, identityOf, isStatefulSetWrite, makePair } from '../envtest/support/pair.ts';
import { handOff, untilAllRun, untilReady, volumesOf } from '../envtest/support/stage.ts';
import { startReplica } from '../envtest/support/replica.ts';
import { openDoor, type Passage } from '../envtest/support/proxy.ts';
import { storyOf } from '../envtest/support/story.ts';
import { findDoubleUse, recordTruth } from '../envtest/support/truth.ts';
import { IN_CLUSTER, IN_NAMESPACE, newUser, type User } from '../envtest/support/users.ts';
import { kubectlFor } from '../envtest/start.ts';
import { measure } from './report/measure.ts';

/** Of `startReplica`. */
const RENEW_DEADLINE_MS = 4_000;

test('C20 a write of a leader that was paused when it had just sent it, and that arrives after its successor is done, is answered 409, and the leader ends', async () => {
  const { cluster, leases, a, b, truth, volumes, since } = await makePair();
  const late = a.hold(isStatefulSetWrite, 'before-send');
  await cluster.patch('web', toImage('web:2'));
  await late.reached;
  a.signal('SIGSTOP');
  await b.says('this replica leads');
  await untilAllRun(cluster, 'web:2');

  const write = a.passages.findLast(isStatefulSetWrite);
  late.release(); // the network delivers it, though its sender is asleep
  await eventually(() => expect(write?.status).toBe(409));
  const before = a.writes().length;
  a.signal('SIGCONT');
  const resumedAt = systemClock.monotonic();
  expect(await a.exited).toBe(1);
  const exitMs = Math.round(systemClock.monotonic() - resumedAt);
  measure({ 'answer to the late write': write?.status ?? 'none', 'ms until it ends': exitMs });
  expect(exitMs).toBeLessThanOrEqual(RENEW_DEADLINE_MS);
  const later = a.writes().slice(before);
  expect(later.filter(({ path }) => !path.includes('/leases'))).toEqual([]);
  expect(a.output()).toContain(`lost the lease ${cluster.namespace}/${LEASE_NAME}`);
  await leases.caughtUp();
  expect(holdersOf(leases)).toEqual([identityOf(a), identityOf(b)]);
  await truth.caughtUp();
  expect(storyOf(truth, volumes, since)).toEqual(handOff('web-0', 'web:2'));
  expect(findDoubleUse(truth, volumes)).toEqual([]);
});

/** A Ready fleet of one member with a volume, and an operator process with the rights it is granted, behind a door of its own. */
async function readyProcess() {
  const cluster = await newCluster();
  const user = await newUser(cluster);
  await user.grant('namespace', IN_NAMESPACE);
  await user.grant('cluster', IN_CLUSTER);
  const operator = await startReplica(cluster, user.kubeconfigPath, ['--leader-elect=false']);
  const truth = await recordTruth(cluster);
  await cluster.apply(fleet({ storage: {} }));
  const { metadata } = await untilReady(cluster);
  const since = Number(metadata.resourceVersion);
  const volumes = await volumesOf(cluster);
  const story = async (): Promise<readonly string[]> => {
    await truth.caughtUp();
    expect(findDoubleUse(truth, volumes)).toEqual([]);
    return storyOf(truth, volumes, since);
  };
  return { cluster, user, operator, story };
}

/** How many of them tell how often it asks. */
const ENOUGH_REFUSALS = 9;
/** For how long RBAC refuses. */
const FORBIDDEN_MS = 30_000;

test('C22 an API server that answers 429 is asked no more often than it says, and then all goes on', async () => {
  const { cluster, user, operator, story } = await readyProcess();
  const free = await takeOnlySeat(cluster, user);
  const before = operator.passages.length;
  await cluster.patch('web', toImage('web:2'));
  const refused = (): readonly Passage[] => operator.passages.slice(before).filter(({ status }) => status === 429);
  await eventually(() => expect(refused().length).toBeGreaterThan(ENOUGH_REFUSALS), { timeoutMs: 120_000 });
  const [first, ...later] = refused();
  const seconds = ((later.at(-1)?.atMs ?? 0) - (first?.atMs ?? 0)) / 1000;
  expect(await story()).toEqual([]);
  await free();
  await untilAllRun(cluster, 'web:2');

  measure({ 'refused with 429': later.length, 'in seconds': Math.round(seconds) });
  // Retry-After says one second; the status patch and the Event of a reconcile are two.
  expect(later.length).toBeLessThanOrEqual(2 * seconds + 2);
  expect(await story()).toEqual(handOff('web-0', 'web:2'));
});

describe('an answer of which half arrives', () => {
  const isStatus = ({ method, path }: Passage): boolean =>
    method === 'PATCH' && path.split('?')[0]?.endsWith('/status') === true;

  test('C23 each kind of write, carried out and answered with half a body, takes effect once', async () => {
    const { cluster, operator, story } = await readyProcess();
    const halves = [operator.hold(isStatus), operator.hold(isStatefulSetWrite)];
    for (const { halve } of halves) halve();
    await cluster.patch('web', toImage('web:2'));
    await Promise.all(halves.map(({ reached }) => reached));
    await untilAllRun(cluster, 'web:2');

    measure({ 'answers cut': halves.length });
    expect(await story()).toEqual(handOff('web-0', 'web:2'));
    const plans = (await cluster.nd('web')).status?.history ?? [];
    expect(new Set(plans.map(({ id }) => id)).size).toBe(plans.length);
  });
});

test('C25 without the right to write the status for 30 s no child is changed, little is asked, and all goes on after it', async () => {
  const { cluster, user, operator, story } = await readyProcess();
  const blind = IN_NAMESPACE.filter((rule) => !rule.resources.includes('nodedeployments/status'));
  expect(blind.length).toBeLessThan(IN_NAMESPACE.length);
  await user.grant('namespace', blind);
  await eventually(async () => {
    const said = await kubectlFor(cluster.plane)([
      'auth',
      'can-i',
      'patch',
      'nodedeployments.nodefleet.dev',
      '--subresource=status',
      `--namespace=${cluster.namespace}`,
      `--as=${user.name}`,
    ]).catch(String);
    expect(said).toContain('no');
  });
  const before = operator.writes().length;
  await cluster.patch('web', toImage('web:2'));
  await sleep(systemClock, FORBIDDEN_MS);
  const tried = operator.writes().slice(before);
  expect(await story()).toEqual([]);
  await user.grant('namespace', IN_NAMESPACE);
  const grantedAt = systemClock.monotonic();
  await untilAllRun(cluster, 'web:2');

  const seconds = Math.round((systemClock.monotonic() - grantedAt) / 1000);
  measure({ 'writes tried in 30 s': tried.length, 'seconds to recover': seconds });
  expect(new Set(tried.map(({ status }) => status))).toEqual(new Set([403]));
  expect(tried.length).toBeLessThanOrEqual(20);
  expect(await story()).toEqual(handOff('web-0', 'web:2'));
});

/**
 * API priority and fairness: gives the user a level with a single seat for all its writes, and sits on it with a request
 * whose body never ends. Whatever else it writes is answered 429, Retry-After 1, by the API server itself.
 */
async function takeOnlySeat(
  { plane, namespace }: Cluster,
  { name, kubeconfigPath, transport }: User,
): Promise<() => Promise<void>> {
  const kubectl = kubectlFor(plane);
  const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
  const metadata = { name };
  const limitResponse = { type: 'Reject' };
  const limited = { nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse };
  const level = { type: 'Limited', limited };
  const everything = { apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true };
  const resourceRules = [{ ...everything, verbs: ['create', 'patch', 'delete'] }];
  const rules = [{ subjects: [{ kind: 'User', user: { name } }], resourceRules }];
  const schema = { priorityLevelConfiguration: metadata, matchingPrecedence: 100, rules };
  await kubectl(['apply', '-f', '-'], { apiVersion, kind: 'PriorityLevelConfiguration', metadata, spec: level });
  await kubectl(['apply', '-f', '-'], { apiVersion, kind: 'FlowSchema', metadata, spec: schema });
  const path = `/apis/nodefleet.dev/v1alpha1/namespaces/${namespace}/nodedeployments/none`;
  const uid = await kubectl(['get', 'prioritylevelconfiguration', name, '-o=jsonpath={.metadata.uid}']);
  await eventually(async () => {
    const patch = { 'content-type': 'application/merge-patch+json' };
    const answer = await transport.request({ method: 'PATCH', path, headers: patch, body: '{}' });
    expect(answer.headers['x-kubernetes-pf-prioritylevel-uid']).toBe(uid); // the server has taken it up
  });
  const { server, agent } = openDoor(kubeconfigPath);
  const headers = { 'content-type': 'application/merge-patch+json', 'content-length': 1_000 };
  const seated = request(`${server}${path}`, { method: 'PATCH', agent, headers });
  seated.on('error', () => {});
  seated.write('{');
  const free = async (): Promise<void> => {
    seated.destroy();
    agent.destroy();
    await kubectl(['delete', 'flowschema,prioritylevelconfiguration', name, '--ignore-not-found']);
  };
  onTestFinished(free);
  return free;
}
