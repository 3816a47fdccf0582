// The operator is paused, throttled, cut off or bereft of a right in the middle of a write, on the real API server.
import { describe, expect, onTestFinished, test } from 'vitest';

import { LEASE_NAME } from '../../src/api/v1alpha1/names.ts';
import { sleep, systemClock } from '../../src/runtime/clock.ts';
import { newCluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { toImage, fleet } from '../envtest/support/fleets.ts';
import { holdersOf, identityOf, isStatefulSetWrite, makePair } from '../envtest/support/pair.ts';
import { readyFleet, handOff, untilAllRun, untilReady, volumesOf } from '../envtest/support/stage.ts';
import { startReplica } from '../envtest/support/replica.ts';
import type { Passage } from '../envtest/support/proxy.ts';
import { storyOf } from '../envtest/support/story.ts';
import { findDoubleUse, recordTruth } from '../envtest/support/truth.ts';
import { IN_CLUSTER, IN_NAMESPACE, newUser } from '../envtest/support/users.ts';
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

/** For how long the API server, or RBAC, refuses. */
const THROTTLED_MS = 10_000;
const FORBIDDEN_MS = 30_000;

test('C22 an API server that answers 429 is waited for as long as it asks, and then all goes on', async () => {
  const cluster = await newCluster();
  const user = await newUser(cluster);
  await user.grant('namespace', IN_NAMESPACE);
  await user.grant('cluster', IN_CLUSTER);
  const { operator, truth, volumes, since } = await readyFleet({ storage: {} }, cluster, { over: user.transport });
  const kubectl = kubectlFor(cluster.plane);
  onTestFinished(async () => {
    await kubectl(['delete', 'flowschema,prioritylevelconfiguration', user.name, '--ignore-not-found']);
  });
  // API priority and fairness: a level without any seat, for the writes of this user.
  const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
  const metadata = { name: user.name };
  const limited = {
    nominalConcurrencyShares: 0,
    lendablePercent: 0,
    borrowingLimitPercent: 0,
    limitResponse: { type: 'Reject' },
  };
  await kubectl(['apply', '-f', '-'], {
    apiVersion,
    kind: 'PriorityLevelConfiguration',
    metadata,
    spec: { type: 'Limited', limited },
  });
  const everything = { apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true };
  const rules = [
    {
      subjects: [{ kind: 'User', user: { name: user.name } }],
      resourceRules: [{ ...everything, verbs: ['create', 'patch', 'delete'] }],
    },
  ];
  await kubectl(['apply', '-f', '-'], {
    apiVersion,
    kind: 'FlowSchema',
    metadata,
    spec: { priorityLevelConfiguration: metadata, matchingPrecedence: 100, rules },
  });
  await sleep(systemClock, 1_000); // the server takes the schema up a moment later
  operator.recording.clear();
  await cluster.patch('web', toImage('web:2'));
  await eventually(() => expect(operator.recording.exchanges.some(({ status }) => status === 429)).toBe(true));
  await sleep(systemClock, THROTTLED_MS);
  const refused = operator.recording.exchanges.filter(({ method, status }) => method !== 'GET' && status === 429);
  await truth.caughtUp();
  expect(storyOf(truth, volumes, since)).toEqual([]);
  await kubectl(['delete', 'flowschema', user.name]);
  await untilAllRun(cluster, 'web:2');

  measure({ 'refused with 429': refused.length, 'in seconds': THROTTLED_MS / 1000 });
  // Retry-After says one second.
  expect(refused.length).toBeLessThanOrEqual(THROTTLED_MS / 1000 + 3);
  await truth.caughtUp();
  expect(storyOf(truth, volumes, since)).toEqual(handOff('web-0', 'web:2'));
});

describe('an answer of which half arrives', () => {
  const isStatus = ({ method, path }: Passage): boolean =>
    method === 'PATCH' && path.split('?')[0]?.endsWith('/status') === true;
  const isPodWatch = ({ path }: Passage): boolean => path.includes('/pods?') && path.includes('watch=');

  test('C23 each kind of write, carried out and answered with half a body, takes effect once', async () => {
    const cluster = await newCluster();
    const user = await newUser(cluster);
    await user.grant('namespace', IN_NAMESPACE);
    await user.grant('cluster', IN_CLUSTER);
    const operator = await startReplica(cluster, user.kubeconfigPath, ['--leader-elect=false']);
    const truth = await recordTruth(cluster);
    await cluster.apply(fleet({ storage: {} }));
    await untilReady(cluster);
    const volumes = await volumesOf(cluster);
    const since = Number((await cluster.nd('web')).metadata.resourceVersion);
    const halves = [operator.hold(isStatus), operator.hold(isStatefulSetWrite)];
    for (const { halve } of halves) halve();
    await cluster.patch('web', toImage('web:2'));
    await Promise.all(halves.map(({ reached }) => reached));
    await untilAllRun(cluster, 'web:2');

    measure({ 'answers cut': halves.length });
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(handOff('web-0', 'web:2'));
    expect(findDoubleUse(truth, volumes)).toEqual([]);
    const plans = (await cluster.nd('web')).status?.history ?? [];
    expect(new Set(plans.map(({ id }) => id)).size).toBe(plans.length);
    expect(operator.passages.some(isPodWatch)).toBe(true);
  });
});

test('C25 without the right to write the status for 30 s no child is changed, little is asked, and all goes on after it', async () => {
  const cluster = await newCluster();
  const user = await newUser(cluster);
  await user.grant('namespace', IN_NAMESPACE);
  await user.grant('cluster', IN_CLUSTER);
  const { operator, truth, volumes, since } = await readyFleet({ storage: {} }, cluster, { over: user.transport });
  const blind = IN_NAMESPACE.map((rule) => ({
    ...rule,
    resources: rule.resources.filter((resource) => resource !== 'nodedeployments/status'),
  }));
  await user.grant('namespace', blind);
  operator.recording.clear();
  await cluster.patch('web', toImage('web:2'));
  await sleep(systemClock, FORBIDDEN_MS);
  const tried = operator.recording.writes();
  await truth.caughtUp();
  expect(storyOf(truth, volumes, since)).toEqual([]);
  await user.grant('namespace', IN_NAMESPACE);
  const grantedAt = systemClock.monotonic();
  await untilAllRun(cluster, 'web:2');

  const seconds = Math.round((systemClock.monotonic() - grantedAt) / 1000);
  measure({ 'writes tried in 30 s': tried.length, 'seconds to recover': seconds });
  expect(tried.every(({ status }) => status === 403)).toBe(true);
  await truth.caughtUp();
  expect(storyOf(truth, volumes, since)).toEqual(handOff('web-0', 'web:2'));
});
