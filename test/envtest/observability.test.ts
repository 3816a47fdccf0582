// A real operator process that has moved a member, and all that it tells of itself: probes, metrics, log, traces.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { resolveTools } from '../../hack/control-plane/assets.ts';
import { PROMETHEUS_FOLDER, readExpressions, readRules } from '../../hack/prometheus/read-config.ts';
import { selects, selectorsOf } from '../../hack/prometheus/selectors.ts';
import { samplesOf } from '../../src/runtime/testing/samples.ts';
import { newCluster } from './support/cluster.ts';
import { startCollector, type SpanRecord } from './support/collector.ts';
import { eventually } from './support/eventually.ts';
import { fleet } from './support/fleets.ts';
import { startOperatorProcess, type LogLine } from './support/operator-process.ts';
import { untilAllRun, untilReady } from './support/stage.ts';

const SECRET = 'c3VwZXItc2VjcmV0LXZhbHVl';
const STEPS = ['load', 'observe', 'desire', 'plan', 'execute', 'summarize', 'report'];

const image = (name: string) => ({
  template: { spec: { containers: [{ name: 'web', image: name, env: [{ name: 'API_KEY', value: SECRET }] }] } },
});

test('an operator that has moved a member tells of it everywhere, and tells no secret', async () => {
  const cluster = await newCluster();
  const collector = await startCollector();
  const operator = await startOperatorProcess(cluster, {
    flags: ['--log-level=debug'],
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_RESOURCE_ATTRIBUTES: 'k8s.cluster.name=envtest' },
  });
  await cluster.apply(fleet({ storage: {}, spec: image('web:1') }));
  await untilReady(cluster);
  await cluster.patch('web', { spec: image('web:2') });
  await untilAllRun(cluster, 'web:2');

  // The status with its end may be held back for half a second.
  const metrics = await eventually(async () => {
    const { body } = await operator.get('/metrics');
    expect(samplesOf(body).get('nodefleet_handoff_seconds_count{step="ready"}')).toBe(1);
    return body;
  });
  const first = samplesOf(metrics);
  for (const step of ['terminate', 'detach', 'start', 'ready']) {
    expect(first.get(`nodefleet_handoff_seconds_count{step="${step}"}`), step).toBe(1);
  }
  expect(first.get('nodefleet_member_downtime_seconds_count')).toBe(1);
  expect([...first].filter(([name]) => name.startsWith('leader_election_master_status'))).toEqual([
    ['leader_election_master_status{name="nodefleet-operator"}', 1],
  ]);
  expectExpressions([...first.keys()]);
  const requests = (samples: typeof first): number =>
    [...samples].reduce(
      (sum, [name, value]) => (name.startsWith('rest_client_requests_total{') ? sum + value : sum),
      0,
    );
  const scrape = async (): Promise<number> => requests(samplesOf((await operator.get('/metrics')).body));
  // The Lease is renewed every 2 s, and the last reconcile may still be under way.
  await eventually(async () => {
    const before = await scrape();
    expect((await scrape()) - before, 'a scrape asks the API server nothing').toBe(0);
  });
  expect(await operator.get('/healthz')).toEqual({ status: 200, body: 'ok' });
  expect((await operator.get('/readyz?verbose')).body).toContain('[+]cache-pods ok\n');

  expect(await operator.stop()).toBe(0);
  expectTraces(collector.spans);
  expect(new Set(collector.requests)).toEqual(new Set(['POST /v1/traces']));
  expect([...collector.resources]).toEqual(
    expect.arrayContaining(['service.name=nodefleet', 'k8s.cluster.name=envtest']),
  );
  expectLog(operator.lines());

  const token = /token: (\S+)/.exec(readFileSync(cluster.plane.kubeconfigPath, 'utf8'))?.[1] ?? 'no token';
  for (const [where, text] of Object.entries({ log: operator.output(), traces: collector.text(), metrics })) {
    expect(text, where).not.toContain(SECRET);
    expect(text, where).not.toContain(token);
  }
});

/** Whatever the dashboard and the alerts read is there to be read. */
function expectExpressions(samples: readonly string[]): void {
  // What Prometheus adds to a sample when it scrapes.
  const added = new Set(['namespace', 'pod', 'instance', 'job']);
  const missing = readExpressions().flatMap(({ where, expression }) =>
    selectorsOf(expression)
      .map(({ metric, matchers }) => ({ metric, matchers: matchers.filter(({ label }) => !added.has(label)) }))
      .filter((selector) => !samples.some((sample) => selects(selector, sample)))
      .map((selector) => `${where}: ${JSON.stringify(selector)}`),
  );
  expect(missing).toEqual([]);
}

test('the real promtool takes the alerts, and they fire where they are to', async () => {
  const promtool = (await resolveTools(['promtool'], { log: () => {} })).get('promtool')?.path ?? 'promtool';
  const run = promisify(execFile);
  const checked = await run(promtool, ['check', 'rules', join(PROMETHEUS_FOLDER, 'rules.yaml')]);
  expect(checked.stdout).toContain(`SUCCESS: ${readRules().flatMap(({ rules }) => rules).length} rules found`);
  const tested = await run(promtool, ['test', 'rules', join(PROMETHEUS_FOLDER, 'rules.test.yaml')]);
  expect(tested.stdout).toContain('SUCCESS');
});

/** Each reconcile is a trace: its steps below it, in their order, and the requests below the steps that sent them. */
function expectTraces(spans: readonly SpanRecord[]): void {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const attribute = ({ attributes }: SpanRecord, key: string): unknown =>
    Object.values(attributes.find((one) => one.key === key)?.value ?? {})[0];
  const roots = spans.filter(({ name }) => name === 'reconcile');
  expect(roots.every((root) => String(attribute(root, 'key')).endsWith('/web'))).toBe(true);
  expect(
    roots.some((root) => attribute(root, 'plan') !== undefined),
    'the plan is told',
  ).toBe(true);
  const below = (parent: SpanRecord) => spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
  const whole = roots.filter((root) => below(root).some(({ name }) => name === 'report'));
  expect(whole.length).toBeGreaterThan(0);
  for (const root of whole) {
    expect([...new Set(below(root).map(({ name }) => name))].toSorted()).toEqual(STEPS.toSorted());
  }
  const patches = spans.filter(({ name }) => name === 'PATCH');
  const parents = new Set(patches.map(({ parentSpanId = '' }) => byId.get(parentSpanId)?.name));
  expect(parents, 'the dry run of a template belongs to the plan').toEqual(new Set(['plan', 'execute', 'report']));
}

/** Each line says its step; a line of a reconcile says which object, which reconcile and, while there is one, which plan. */
function expectLog(lines: readonly LogLine[]): void {
  expect(lines.filter(({ step }) => step === undefined)).toEqual([]);
  const ofReconciles = lines.filter(({ key, step }) => key !== undefined && step !== 'enqueue');
  expect(ofReconciles.filter(({ reconcile }) => !/^[0-9a-z]{4}-\d+$/.test(String(reconcile)))).toEqual([]);
  const writes = lines.filter(
    ({ step, action }) => step === 'execute' && ['Quiesce', 'Start'].includes(String(action)),
  );
  const moves = writes.filter(({ plan }) => plan !== undefined);
  expect(new Set(moves.map(({ plan }) => plan)).size, 'one plan moved the member').toBe(1);
  const ids = new Set(moves.map(({ reconcile }) => reconcile));
  const ends = lines.filter(({ msg, reconcile }) => ids.has(reconcile) && msg.startsWith('reconciled'));
  expect(
    ends.every(({ plan }) => plan !== undefined),
    'the last line says the plan too',
  ).toBe(true);
}
