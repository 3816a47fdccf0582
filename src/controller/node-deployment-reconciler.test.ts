import { expect, test } from 'vitest';

import { NODE_DEPLOYMENT } from '../api/v1alpha1/node-deployment.ts';
import { NOTHING_DONE } from '../domain/outcome.ts';
import { deployment, observe } from '../domain/testing/build.ts';
import { OwnWrites } from '../runtime/cache/own-writes.ts';
import { Store } from '../runtime/cache/store.ts';
import { ApiError } from '../runtime/client/api-error.ts';
import { FakeClock } from '../runtime/testing/fake-clock.ts';
import { RecordingLogger } from '../runtime/testing/recording-log.ts';
import { createNodeDeploymentReconciler } from './node-deployment-reconciler.ts';
import { StaleFleet, StaleRead } from './stale-read.ts';

const web = deployment();
const KEY = { namespace: 'default', name: 'web' };

const answer = (path: string, code = 409, reason = 'Conflict') =>
  new ApiError({ method: 'PATCH', path }, { code, reason, message: 'no' });
const FLEET = `/apis/${NODE_DEPLOYMENT.group}/v1alpha1/namespaces/default/nodedeployments/web`;
const CHILD = '/apis/apps/v1/namespaces/default/statefulsets/web-0';

/** Whether a reconcile looks live for every child that the cache does not have. */
async function looksLive(failure: Error | undefined): Promise<boolean | undefined> {
  const clock = new FakeClock();
  const deployments = new Store<typeof web>();
  deployments.put(web);
  let suspicious: boolean | undefined;
  const reconciler = createNodeDeploymentReconciler({
    caches: { deployments },
    ownWrites: new OwnWrites([], clock),
    clock,
    decide: async (_deployment, _desired, isSuspicious) => {
      suspicious = isSuspicious;
      return { observed: observe(web), plan: { actions: [], rolloutPlan: undefined } };
    },
    execute: async () => ({ outcome: NOTHING_DONE, deployment: web }),
    report: async () => ({ isStored: true }),
    announce: () => {},
  });
  const log = new RecordingLogger();
  const { signal } = new AbortController();
  const attempt = failure === undefined ? 1 : 2;
  await reconciler.reconcile(KEY, { signal, log, annotate: () => log, attempt, failure, waiting: 0 });
  return suspicious;
}

test.for<[string, Error | undefined, boolean]>([
  ['a first try does not', undefined, false],
  ['one after a conflict on a child does', answer(CHILD), true],
  ['one after a child that was not the one that was read does', new StaleRead('another one'), true],
  ['one after an error does, on whatever', answer(`${FLEET}/status`, 500, 'InternalError'), true],
  ['one after a conflict on the status does not', answer(`${FLEET}/status`), false],
  ['one after a conflict on the finalizers does not', answer(FLEET), false],
  ['one after a fleet that has moved on does not', new StaleFleet('it has moved on'), false],
])('of the tries that look live for children, %s', async ([, failure, isLooking]) => {
  expect(await looksLive(failure)).toBe(isLooking);
});
