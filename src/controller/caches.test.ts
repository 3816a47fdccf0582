import { expect, test } from 'vitest';

import { attachment, claim, deployment, pod, STORAGE } from '../domain/testing/build.ts';
import { attachmentIndexes, byDeployment, claimIndexes, podIndexes } from './caches.ts';

const web = deployment({ storage: STORAGE, replicas: 2 });

test('finds a pod by its deployment, by the claims that it mounts, and by its machine', () => {
  expect(podIndexes['deployment']?.(pod(web, 0))).toEqual(['default/web']);
  expect(podIndexes['claim']?.(pod(web, 0))).toEqual(['default/web-0']);
  expect(podIndexes['machine']?.(pod(web, 0))).toEqual(['m1']);
});

test('finds a claim and an attachment by the volume', () => {
  expect(claimIndexes['volume']?.(claim(web, 1))).toEqual(['pv-web-1']);
  expect(attachmentIndexes['volume']?.(attachment(claim(web, 1)))).toEqual(['pv-web-1']);
});

test('finds an attachment by the machine', () => {
  expect(attachmentIndexes['machine']?.(attachment(claim(web, 1), 'm2'))).toEqual(['m2']);
});

test('leaves an unbound claim, an unscheduled pod and an unlabelled object out of the indexes', () => {
  expect(claimIndexes['volume']?.(claim(web, 0, { spec: { volumeName: '' } }))).toEqual([]);
  expect(podIndexes['machine']?.({ ...pod(web, 0), spec: { containers: [] } })).toEqual([]);
  expect(byDeployment(claim(web, 0, { metadata: { labels: {} } }))).toEqual([]);
});
