// The catalogue of bad NodeDeployments on a real API server: each has the answer that it has to have, and the operator
// neither crashes nor loops over it, nor touches a child.
import { afterAll, describe, expect, test } from 'vitest';

import { writeEvidence } from '../../hack/evidence.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { fitStatus } from '../../src/domain/summary/status-size.ts';
import { largestStatus } from '../../src/domain/testing/largest-status.ts';
import { CLAIM, SERVICE, STATEFUL_SET, type Kind } from '../../src/kube/kinds.ts';
import { patchStatus } from '../../src/runtime/client/status.ts';
import { HARMLESS_INPUT, REJECTED_INPUT, WAITING_INPUT } from './bad-input/accepted.ts';
import { REFUSED_INPUT } from './bad-input/refused.ts';
import { newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { lineOf } from './support/exchanges.ts';
import { condition, expectReady, fleet } from './support/fleets.ts';
import { startOperator, type OperatorUnderTest } from './support/operator.ts';
import { namesOf } from './support/stage.ts';

/** Characters of the longest answer of the server that are still one line to read. */
const LONGEST_ANSWER = 2_000;
/** Requests that one bad object may cost, until the operator rests: reads, a dry run, an Event, one status write. */
const MOST_REQUESTS = 12;
/** Of how many applies one may meet news of somebody else. */
const MOST_NEWS = 4;
/** How soon `Accepted` has to tell. The slowest may be the machine's fault, not so the one in the middle. */
const SOON_MS = 2_000;

const evidence = {
  cases: REFUSED_INPUT.length + REJECTED_INPUT.length + WAITING_INPUT.length + HARMLESS_INPUT.length,
  refusedAtApply: 0,
  notAccepted: 0,
  waiting: 0,
  harmless: 0,
  medianAnswerMs: 0,
  slowestAnswerMs: 0,
  mostRequests: 0,
  writesAtSecondApply: 0,
};

afterAll(() => writeEvidence('bad-input', evidence));

test('the catalogue has at least 60 cases, each of them once', () => {
  const all = [...REFUSED_INPUT, ...REJECTED_INPUT, ...WAITING_INPUT, ...HARMLESS_INPUT].map(({ what }) => what);
  expect(all.length).toBeGreaterThanOrEqual(60);
  expect(all.length - new Set(all).size).toBe(0);
});

test('what the server can judge it refuses, with the field and the limit, and the operator hears of none', async () => {
  const cluster = await newCluster();
  const operator = await startOperator(cluster);
  operator.recording.clear();
  const wrong = await Promise.all(
    REFUSED_INPUT.map(async ({ what, object, field, says }) => {
      const { status, message } = await post(cluster, object);
      const isRight = status >= 400 && status < 500 && message.includes(field) && message.includes(says);
      if (isRight) evidence.refusedAtApply += 1;
      return isRight && message.length <= LONGEST_ANSWER ? [] : [`${what}: ${status} ${message.slice(0, 500)}`];
    }),
  );
  expect(wrong.flat()).toEqual([]);
  expect(await namesOf(cluster, NODE_DEPLOYMENT)).toEqual([]);
  expect(operator.requests()).toEqual([]);
});

test('the largest status that the operator can make is stored, beside a spec of 120 KB and as much in annotations', async () => {
  const cluster = await newCluster();
  const env = Array.from({ length: 60 }, (_, index) => ({ name: `E${index}`, value: 'v'.repeat(2_000) }));
  const template = { spec: { containers: [{ name: 'web', image: 'web:1', env }] } };
  const large = fleet({ metadata: { annotations: { note: 'a'.repeat(120_000) } }, spec: { template } });
  expect(await post(cluster, large)).toMatchObject({ status: 201 });
  const base = await cluster.nd('web');
  const { object } = await patchStatus(cluster.client, NODE_DEPLOYMENT, base, fitStatus(largestStatus()));
  expect(object.status?.members).toHaveLength(512);
  // Without room for it the API server leaves out who wrote which field, and the next server-side apply owns nothing.
  expect(object.metadata.managedFields).toBeDefined();
});

test('an object past the limits of the server and its database is not stored', async () => {
  const cluster = await newCluster();
  const volumes = (items: number) =>
    Array.from({ length: 128 }, (_, index) => ({
      name: `v${index}`,
      configMap: { items: Array.from({ length: items }, (__, item) => ({ key: `${item}`, path: 'p'.repeat(300) })) },
    }));
  const withVolumes = (items: number) => ({
    apiVersion: 'nodefleet.dev/v1alpha1',
    kind: 'NodeDeployment',
    metadata: { name: 'large' },
    spec: { template: { spec: { containers: [{ name: 'web', image: 'web:1' }], volumes: volumes(items) } } },
  });
  expect(await post(cluster, withVolumes(64))).toMatchObject({
    status: 500,
    message: expect.stringMatching(/too large|larger than max/),
  });
  const padding = { metadata: { name: 'large', annotations: { a: 'x'.repeat(4e6) } } };
  expect(await post(cluster, { ...withVolumes(1), ...padding })).toMatchObject({
    status: 413,
    message: expect.stringMatching(/too large/i),
  });
  expect(await namesOf(cluster, NODE_DEPLOYMENT)).toEqual([]);
});

describe('what the server takes and the operator cannot act on', () => {
  test('is not accepted within 2 s, has no child, and says the field; told again, nothing is written', async () => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster);
    const answersMs: number[] = [];
    for (const { name, what, object, reason, says } of REJECTED_INPUT) {
      operator.recording.clear();
      const { status, message } = await post(cluster, object);
      expect(`${what}: ${status} ${message}`).toBe(`${what}: 201 `);
      const since = performance.now();
      await eventually(
        async () => {
          const accepted = condition(await cluster.nd(name), 'Accepted');
          expect(`${what}: ${accepted?.status}/${accepted?.reason}`).toBe(`${what}: False/${reason}`);
          expect(accepted?.message).toContain(says);
        },
        { intervalMs: 10 },
      );
      answersMs.push(Math.round(performance.now() - since));
      await operator.quiet();
      await applyAgain(cluster, operator, name);
      evidence.mostRequests = Math.max(evidence.mostRequests, operator.requests().length);
      evidence.notAccepted += 1;
    }
    evidence.slowestAnswerMs = Math.max(...answersMs);
    evidence.medianAnswerMs = answersMs.toSorted((a, b) => a - b)[Math.floor(answersMs.length / 2)] ?? Infinity;
    expect(evidence.medianAnswerMs).toBeLessThan(SOON_MS);
    expect(evidence.mostRequests).toBeLessThanOrEqual(MOST_REQUESTS);
    expect(evidence.writesAtSecondApply).toBe(0);
    for (const kind of [STATEFUL_SET, SERVICE, CLAIM]) expect(await namesOf(cluster, kind)).toEqual([]);
  }, 120_000);

  test('leaves a fleet that runs as it is, and the corrected spec passes', async () => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster);
    await post(cluster, withSpecOf({ template: GOOD, storage: { size: '1Gi' } }));
    const ready = await untilReady(cluster, 'web');
    await operator.quiet();
    const before = await versionsOf(cluster);
    for (const { what, object, reason } of REJECTED_INPUT) {
      await replaceTemplate(cluster, object);
      await eventually(async () => {
        const accepted = condition(await cluster.nd('web'), 'Accepted');
        expect(`${what}: ${accepted?.status}/${accepted?.reason}`).toBe(`${what}: False/${reason}`);
      });
    }
    await operator.quiet();
    expect(await versionsOf(cluster)).toEqual(before);
    const { status } = await cluster.nd('web');
    expect(status).toMatchObject({ availableReplicas: 1, currentRevision: ready.status?.currentRevision });
    await replaceTemplate(cluster, { spec: { template: GOOD } });
    await untilReady(cluster, 'web');
    await operator.quiet();
    expect(await versionsOf(cluster)).toEqual(before);
  }, 120_000);
});

test('what only the cluster can tell waits, says for what, and touches nothing of others', async () => {
  const cluster = await newCluster();
  for (const { before } of WAITING_INPUT) if (before !== undefined) await cluster.apply(before);
  const foreign = await foreignVersions(cluster);
  const operator = await startOperator(cluster);
  await Promise.all(WAITING_INPUT.map(({ object }) => post(cluster, object)));
  await eventually(async () => {
    for (const { name, what, verdict, says } of WAITING_INPUT) {
      const deployment = await cluster.nd(name);
      const [type = '', wanted] = verdict.split('=');
      const found = condition(deployment, type);
      expect(`${what}: ${found?.status}/${found?.reason}`).toBe(`${what}: ${wanted}`);
      expect(`${found?.message} ${deployment.status?.members?.[0]?.message}`).toContain(says);
    }
  });
  await operator.quiet();
  operator.recording.clear();
  for (const { name } of WAITING_INPUT) await applyAgain(cluster, operator, name);
  expect(await foreignVersions(cluster)).toEqual(foreign);
  evidence.waiting = WAITING_INPUT.length;
});

test('what is only careless or strange works', async () => {
  const cluster = await newCluster();
  const operator = await startOperator(cluster);
  const answers = await Promise.all(HARMLESS_INPUT.map(({ object }) => post(cluster, object)));
  expect(answers.map(({ message }) => message).filter((message) => message !== '')).toEqual([]);
  for (const { what, object, reason = 'Valid' } of HARMLESS_INPUT) {
    const deployment = await untilReady(cluster, nameOf(object));
    expect(`${what}: ${condition(deployment, 'Accepted')?.reason}`).toBe(`${what}: ${reason}`);
  }
  await operator.quiet();
  operator.recording.clear();
  for (const { object } of HARMLESS_INPUT) await applyAgain(cluster, operator, nameOf(object));
  const set = await cluster.read(STATEFUL_SET, 'constructor-0');
  expect(set.spec?.template.metadata?.annotations).toMatchObject({ constructor: 'polluted', toString: 'x' });
  for (const { name, owner } of [
    { name: 'web-1', owner: 'web' },
    { name: 'web-1-0', owner: 'web-1' },
  ]) {
    expect((await cluster.read(STATEFUL_SET, name)).metadata.ownerReferences?.[0]?.name).toBe(owner);
  }
  evidence.harmless = HARMLESS_INPUT.length;
});

const GOOD = { spec: { containers: [{ name: 'web', image: 'web:1' }] } };
const withSpecOf = (spec: object) => ({
  apiVersion: 'nodefleet.dev/v1alpha1',
  kind: 'NodeDeployment',
  metadata: { name: 'web' },
  spec,
});

function nameOf(object: object): string {
  return 'metadata' in object && typeof object.metadata === 'object' && object.metadata && 'name' in object.metadata
    ? String(object.metadata.name)
    : '';
}

/** As `kubectl create` sends it. `message` is empty where the server takes the object. */
async function post(cluster: Cluster, object: object): Promise<{ readonly status: number; readonly message: string }> {
  const { status, body } = await cluster.transport.request({
    method: 'POST',
    path: `${pathOf(cluster)}?fieldValidation=Strict`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(object),
  });
  return { status, message: status === 201 ? '' : messageIn(body) };
}

function messageIn(body: string): string {
  try {
    const { message }: { message?: string } = JSON.parse(body);
    return message ?? body;
  } catch {
    return body;
  }
}

const pathOf = ({ namespace }: Cluster) => `/apis/nodefleet.dev/v1alpha1/namespaces/${namespace}/nodedeployments`;

/** Gives the fleet `web` the template of another object. */
async function replaceTemplate(cluster: Cluster, object: object): Promise<void> {
  const template = 'spec' in object && typeof object.spec === 'object' && object.spec && 'template' in object.spec;
  if (!template) throw new Error('the object has no template');
  const { spec } = JSON.parse(JSON.stringify(object));
  await patch(cluster, 'web', 'json-patch+json', [{ op: 'replace', path: '/spec/template', value: spec.template }]);
}

async function patch(cluster: Cluster, name: string, type: string, change: object): Promise<void> {
  const { status, body } = await cluster.transport.request({
    method: 'PATCH',
    path: `${pathOf(cluster)}/${name}`,
    headers: { 'content-type': `application/${type}` },
    body: JSON.stringify(change),
  });
  if (status !== 200) throw new Error(messageIn(body));
}

/** Applies again until nothing is written: a slow StatefulSet controller or scheduler may have given news meanwhile. */
async function applyAgain(cluster: Cluster, operator: OperatorUnderTest, name: string): Promise<void> {
  let again = await writesOfSameSpec(cluster, operator, name);
  for (let tries = 1; again.length > 0 && tries < MOST_NEWS; tries += 1)
    again = await writesOfSameSpec(cluster, operator, name);
  evidence.writesAtSecondApply += again.length;
  expect(again, `writes after the second apply of ${name}`).toEqual([]);
}

/** The same spec once more, and a label, so that the operator looks: what it writes then. */
async function writesOfSameSpec(
  cluster: Cluster,
  operator: OperatorUnderTest,
  name: string,
): Promise<readonly string[]> {
  const writes = operator.recording.writes().length;
  const reconciles = operator.tally.count();
  const { spec } = await cluster.nd(name);
  await patch(cluster, name, 'merge-patch+json', { metadata: { labels: { again: String(reconciles) } }, spec });
  await eventually(() => expect(operator.tally.count()).toBeGreaterThan(reconciles));
  await operator.quiet();
  // What was refused may be tried again; it stores nothing.
  const stored = operator.recording
    .writes()
    .slice(writes)
    .filter(({ status = 0 }) => status < 400);
  return stored.map(lineOf);
}

async function untilReady(cluster: Cluster, name: string): Promise<StoredNodeDeployment> {
  return eventually(async () => expectReady(await cluster.nd(name)));
}

/** The version of each child, by kind and name, without what the controllers of Kubernetes write to their status. */
async function versionsOf({ client, namespace }: Cluster): Promise<readonly string[]> {
  const kinds: readonly Kind[] = [STATEFUL_SET, SERVICE, CLAIM];
  const lists = await Promise.all(kinds.map((kind) => client.list(kind, { namespace })));
  return lists.flat().map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`);
}

async function foreignVersions({ client, namespace }: Cluster): Promise<readonly string[]> {
  const names = new Set(WAITING_INPUT.flatMap(({ before }) => (before === undefined ? [] : nameOf(before))));
  const kinds: readonly Kind[] = [STATEFUL_SET, SERVICE, CLAIM];
  const lists = await Promise.all(kinds.map((kind) => client.list(kind, { namespace })));
  const found = lists
    .flat()
    .filter(
      ({ metadata }) => names.has(metadata.name) && metadata.labels?.['app.kubernetes.io/managed-by'] === undefined,
    );
  return found.map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.generation}`);
}
