// An API server that stands still, on a control plane of this file's own: two API servers on one
// etcd. A server that is stopped with SIGSTOP shows the past, really, to whoever watches through it.
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { startControlPlane, type StartedControlPlane } from '../../hack/control-plane/control-plane.ts';
import { writeKubeconfig } from '../../hack/control-plane/kubeconfig.ts';
import type { HttpRequest, Transport } from '../../src/runtime/client/transport.ts';
import { installCrds } from '../envtest/start.ts';
import { deletedClaims } from '../envtest/support/claims.ts';
import { connectTo, newCluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { fleet } from '../envtest/support/fleets.ts';
import { startOperator } from '../envtest/support/operator.ts';
import { claimUids, untilReady } from '../envtest/support/stage.ts';
import { recordTruth } from '../envtest/support/truth.ts';
import { measure } from './report/measure.ts';

let plane: StartedControlPlane;
/** Leads to the second API server. */
let second: string;
beforeAll(async () => {
  plane = await startControlPlane({
    with: ['controller-manager', 'scheduler', 'kwok', 'storage'],
    apiServers: 2,
    storage: { attachDelayMs: 100, detachDelayMs: 100 },
    log: () => {},
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
    const carriedOut = operator.recording.writes().filter(({ status }) => status !== 409);
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
