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

/** What a reconcile after this failure rests on that was read live: the fleet, and every child that the cache does not have. */
async function looksLive(failure: Error | undefined) {
  const clock = new FakeClock();
  const deployments = new Store<typeof web>();
  deployments.put(web);
  const looks = { atFleet: false, atChildren: false };
  const reconciler = createNodeDeploymentReconciler({
    caches: { deployments },
    refresh: async (cached) => ({ ...cached, metadata: { ...cached.metadata, resourceVersion: 'live' } }),
    ownWrites: new OwnWrites([], clock),
    clock,
    decide: async ({ metadata }, _desired, isSuspicious) => {
      looks.atFleet = metadata.resourceVersion === 'live';
      looks.atChildren = isSuspicious;
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
  return looks;
}

const NOTHING = { atFleet: false, atChildren: false };
const CHILDREN = { atFleet: false, atChildren: true };
const THE_FLEET = { atFleet: true, atChildren: false };

test.for<[string, Error | undefined, typeof NOTHING]>([
  ['at nothing in a first try', undefined, NOTHING],
  ['for children after a conflict on a child', answer(CHILD), CHILDREN],
  ['for children after one that was not the one that was read', new StaleRead('another one'), CHILDREN],
  ['for children after an error, on whatever', answer(`${FLEET}/status`, 500, 'InternalError'), CHILDREN],
  ['at the fleet after a conflict on the status', answer(`${FLEET}/status`), THE_FLEET],
  ['at the fleet after a conflict on the finalizers', answer(FLEET), THE_FLEET],
  ['at the fleet after it had moved on', new StaleFleet('it has moved on'), THE_FLEET],
])('a reconcile looks live %s', async ([, failure, looks]) => {
  expect(await looksLive(failure)).toEqual(looks);
});
