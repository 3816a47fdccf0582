import { expect, test } from 'vitest';

import { attachment, claim, deployment, pod, settled, STORAGE } from '../domain/testing/build.ts';
import { arrange } from '../domain/observed.ts';
import { desire } from '../domain/desired/desire.ts';
import { plan } from '../domain/plan.ts';
import { NOTHING_DONE } from '../domain/outcome.ts';
import { summarize } from '../domain/summary.ts';
import { attachmentIndexes, byDeployment, claimIndexes, podIndexes, projectPod } from './caches.ts';

const web = deployment({ storage: STORAGE, replicas: 2 });

test('finds a pod by its deployment and by the claims that it mounts', () => {
  expect(podIndexes['deployment']?.(pod(web, 0))).toEqual(['default/web']);
  expect(podIndexes['claim']?.(pod(web, 0))).toEqual(['default/web-0']);
});

test('finds a claim and an attachment by the volume', () => {
  expect(claimIndexes['volume']?.(claim(web, 1))).toEqual(['pv-web-1']);
  expect(attachmentIndexes['volume']?.(attachment(claim(web, 1)))).toEqual(['pv-web-1']);
});

test('leaves an unbound claim and an unlabelled object out of the indexes', () => {
  expect(claimIndexes['volume']?.(claim(web, 0, { spec: { volumeName: '' } }))).toEqual([]);
  expect(byDeployment(claim(web, 0, { metadata: { labels: {} } }))).toEqual([]);
});

test('decides the same on projected pods as on whole ones', () => {
  const read = settled(web, [0, 1]);
  const broken = pod(web, 1, { ready: false, waiting: 'ImagePullBackOff' });
  const terminating = pod(web, 0, { isTerminating: true });
  for (const pods of [read.pods, [terminating, broken]]) {
    const [whole, projected] = [pods, pods.map(projectPod)].map((kept) => {
      const observed = arrange(web, Date.parse('2026-01-01T12:00:00Z'), {
        ...read,
        pods: kept,
        provenClaims: new Set(),
      });
      const planned = plan(desire(web), observed);
      return { planned, status: summarize(desire(web), observed, planned, NOTHING_DONE) };
    });
    expect(projected).toEqual(whole);
  }
});
