// A real operator process that has moved a member, and all that it tells of itself.
import { expect, test } from 'vitest';

import { samplesOf } from '../../src/runtime/testing/samples.ts';
import { newCluster } from './support/cluster.ts';
import { fleet, toImage } from './support/fleets.ts';
import { startOperatorProcess } from './support/operator-process.ts';
import { untilAllRun, untilReady } from './support/stage.ts';

test('an operator that has moved a member tells of it', async () => {
  const cluster = await newCluster();
  const operator = await startOperatorProcess(cluster);
  await cluster.apply(fleet({ storage: {} }));
  await untilReady(cluster);
  await cluster.patch('web', toImage('web:2'));
  await untilAllRun(cluster, 'web:2');

  const first = samplesOf((await operator.get('/metrics')).body);
  for (const step of ['terminate', 'detach', 'start', 'ready']) {
    expect(first.get(`nodefleet_handoff_seconds_count{step="${step}"}`), step).toBe(1);
  }
  expect(first.get('nodefleet_member_downtime_seconds_count')).toBe(1);
  expect([...first].filter(([name]) => name.startsWith('leader_election_master_status'))).toEqual([
    ['leader_election_master_status{name="nodefleet-operator"}', 1],
  ]);
  expect(await operator.get('/healthz')).toEqual({ status: 200, body: 'ok' });
  expect(await operator.stop()).toBe(0);
});
