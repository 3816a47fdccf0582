import { expect, test } from 'vitest';

import { at, NOW } from '../domain/testing/build.ts';
import { handoffText } from './handoff-text.ts';

const stopped = { stoppedAt: at(-60), nodeName: 'm1' };
const gone = { ...stopped, podGoneAt: at(-58), removedBy: 'Kubelet' } as const;
const detached = { ...gone, detachedAt: at(-50) };
const started = { ...detached, startedAt: at(-50) };

test.for([
  ['none that was not begun', {}, undefined],
  ['waiting for the pod', stopped, 'under way for 60s: now waiting for the end of the pod'],
  [
    'waiting for the volume',
    gone,
    'under way for 60s: pod gone from m1 after 2s, by its kubelet, now waiting for the detachment of its volume',
  ],
  [
    'a pod that was removed by force',
    { ...stopped, podGoneAt: at(-58), removedBy: 'Other' } as const,
    'under way for 60s: pod gone from m1 after 2s, by force, now waiting for the detachment of its volume',
  ],
  [
    'about to start',
    detached,
    'under way for 60s: pod gone from m1 after 2s, by its kubelet, detached after 10s, now starting the next pod',
  ],
  [
    'complete',
    { ...started, completedAt: at(-45) },
    '60s ago: pod gone from m1 after 2s, by its kubelet, detached after 10s, next pod after 10s, available after 15s',
  ],
] as const)('tells %s', ([, handoff, text]) => {
  expect(handoffText(handoff, NOW)).toBe(text);
});
