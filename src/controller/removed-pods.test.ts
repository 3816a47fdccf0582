import { describe, expect, test } from 'vitest';

import { deployment, pod } from '../domain/testing/build.ts';
import type { StoredPod } from '../kube/kinds.ts';
import { LABEL } from '../api/v1alpha1/names.ts';
import { RemovedPods } from './removed-pods.ts';

const web = deployment({ replicas: 2 });
const WEB = { namespace: 'default', name: 'web' };
const gone = (object: StoredPod) => ({ type: 'deleted', object, isFinal: true }) as const;
const uids = (pods: ReadonlyMap<string, StoredPod>) =>
  [...pods].map(([member, { metadata }]) => `${member} ${metadata.uid}`);
const withUid = (ordinal: number, uid: string) => pod(web, ordinal, { metadata: { uid } });

describe('the removed pods', () => {
  test('are the last of each member', () => {
    const removed = new RemovedPods();
    for (const [ordinal, uid] of [
      [0, 'first'],
      [1, 'other'],
      [0, 'second'],
    ] as const) {
      removed.record(gone(withUid(ordinal, uid)));
    }
    expect(uids(removed.of(WEB)).toSorted()).toEqual(['web-0 second', 'web-1 other']);
  });

  test('are those of one NodeDeployment in its namespace', () => {
    const removed = new RemovedPods();
    removed.record(gone(pod(web, 0)));
    expect(removed.of({ ...WEB, namespace: 'other' }).size).toBe(0);
    expect(removed.of({ ...WEB, name: 'web-0' }).size).toBe(0);
  });

  test('are left out where the deletion was only concluded, and an earlier one stays', () => {
    const removed = new RemovedPods();
    removed.record(gone(withUid(0, 'seen')));
    removed.record({ ...gone(withUid(0, 'concluded')), isFinal: false });
    expect(uids(removed.of(WEB))).toEqual(['web-0 seen']);
  });

  test('are not those that were only added or changed', () => {
    const removed = new RemovedPods();
    removed.record({ type: 'added', object: pod(web, 0) });
    removed.record({ type: 'updated', object: pod(web, 0), previous: pod(web, 0) });
    expect(removed.of(WEB).size).toBe(0);
  });

  test.for<[string, StoredPod]>([
    ['surge pods', pod(web, 0, { surge: true })],
    ['pods without our labels', pod(web, 0, { metadata: { labels: {} } })],
    [
      'pods that name no member of their deployment',
      pod(web, 0, { metadata: { labels: { [LABEL.deployment]: 'web', [LABEL.member]: 'web-x' } } }),
    ],
  ])('are no %s', ([, object]) => {
    const removed = new RemovedPods();
    removed.record(gone(object));
    expect(removed.of(WEB).size).toBe(0);
  });

  test('are forgotten with their NodeDeployment', () => {
    const removed = new RemovedPods();
    removed.record(gone(pod(web, 0)));
    removed.forget(WEB);
    expect(removed.of(WEB).size).toBe(0);
  });

  test('are of each consumer apart from its member', () => {
    const removed = new RemovedPods();
    const labels = { [LABEL.deployment]: 'web', [LABEL.consumerOf]: 'web-0', [LABEL.consumer]: 'worker' };
    removed.record(gone(pod(web, 0)));
    removed.record(gone(pod(web, 0, { metadata: { name: 'web-0-worker-0', labels } })));
    expect([...removed.of(WEB)].map(([name, { metadata }]) => [name, metadata.name])).toEqual([
      ['web-0', 'web-0-0'],
      ['web-0-worker', 'web-0-worker-0'],
    ]);
  });

  test('are 4608 at most, the latest', () => {
    const removed = new RemovedPods();
    for (let ordinal = 0; ordinal < 4700; ordinal += 1) removed.record(gone(pod(web, ordinal)));
    removed.record(gone(pod(web, 92)));
    removed.record(gone(pod(web, 4700)));
    const kept = removed.of(WEB);
    expect([kept.size, kept.has('web-92'), kept.has('web-93'), kept.has('web-94')]).toEqual([4608, true, false, true]);
  });
});
