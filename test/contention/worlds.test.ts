// What happens around the operator: its namespace goes, a handler throws; on the real API server.
import { expect, onTestFinished, test } from 'vitest';

import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { Informer } from '../../src/runtime/cache/informer.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { RecordingLogger } from '../../src/runtime/testing/recording-log.ts';
import { kubectlFor, sharedControlPlane } from '../envtest/start.ts';
import { newCluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { lineOf } from '../envtest/support/exchanges.ts';
import { fleet } from '../envtest/support/fleets.ts';
import { startOperator } from '../envtest/support/operator.ts';
import { untilReady } from '../envtest/support/stage.ts';
import { measure } from './report/measure.ts';

test('C26 a namespace that is deleted with two fleets in it goes, and the operator has nothing to do with it any more', async () => {
  const kubectl = kubectlFor(sharedControlPlane());
  const name = `doomed-${Date.now()}`;
  await kubectl(['create', 'namespace', name]);
  const cluster = await newCluster(sharedControlPlane(), name);
  const operator = await startOperator(cluster);
  await cluster.apply(fleet({ name: 'kept', storage: {} }));
  await cluster.apply(fleet({ name: 'gone', storage: { retention: { onDelete: 'Delete' } } }));
  await untilReady(cluster, 'kept');
  await untilReady(cluster, 'gone');
  await operator.quiet();
  operator.recording.clear();
  await kubectl(['delete', 'namespace', name, '--wait=false']);

  await eventually(
    async () => expect(await kubectl(['get', 'namespace', name, '--ignore-not-found', '-o=name'])).toBe(''),
    { timeoutMs: 120_000 },
  );
  await operator.quiet();
  const writes = operator.recording.writes();
  const created = writes.filter(({ status }) => status === 201);
  measure({ writes: writes.length, created: created.length });
  expect(created.map(lineOf)).toEqual([]);
  // Refused creations are repeated in minutes, not in a loop.
  expect(writes.length).toBeLessThanOrEqual(40);
});

test('C28 a handler that throws has each change again, and then the later ones, in order', async () => {
  const cluster = await newCluster();
  const log = new RecordingLogger();
  const informer = new Informer({
    kind: NODE_DEPLOYMENT,
    watcher: cluster.client,
    clock: systemClock,
    random: seededRandom(1),
    log,
    namespaces: [cluster.namespace],
  });
  const heard: string[] = [];
  let failures = 0;
  informer.onChange(({ type, object }) => {
    const size = 'spec' in object ? object.spec?.replicas : undefined;
    if (failures < 3 && type !== 'deleted' && size === 2) {
      failures += 1;
      throw new Error('the handler is broken');
    }
    heard.push(`${type} ${size}`);
  });
  const stop = new AbortController();
  const ended = informer.start(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  await informer.whenReady(stop.signal);
  await cluster.apply(fleet({ replicas: 1 }));
  for (const replicas of [2, 3, 4]) await cluster.patch('web', { spec: { replicas } });
  await eventually(() => expect(heard.at(-1)).toMatch(/ 4$/), { timeoutMs: 60_000 });

  measure({ failures, 'changes heard': heard.length });
  expect(failures).toBe(3);
  // Each state is heard of in its order; a fresh list may leave out what is over, but never goes back.
  const sizes = heard.map((line) => Number(line.split(' ')[1]));
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  expect(log.at('error').length).toBeGreaterThanOrEqual(failures);
});
