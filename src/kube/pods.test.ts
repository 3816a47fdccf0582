import { describe, expect, test } from 'vitest';

import type { Pod } from './kinds.ts';
import { claimsOf, isTerminal, readySinceMs, stuckReason } from './pods.ts';

const SINCE = '2026-01-01T00:00:10Z';
const ready = (status: string, more: Pod['metadata'] = {}): Pod => ({
  metadata: { creationTimestamp: '2026-01-01T00:00:00Z', ...more },
  status: { conditions: [{ type: 'Ready', status, lastTransitionTime: SINCE }] },
});

describe('isTerminal', () => {
  test.for([
    ['Succeeded', true],
    ['Failed', true],
    ['Running', false],
    ['Pending', false],
    ['Unknown', false],
  ] as const)('a pod that is %s: %s', ([phase, terminal]) => {
    expect(isTerminal({ status: { phase } })).toBe(terminal);
  });

  test('a terminating pod may still write', () => {
    expect(isTerminal({ metadata: { deletionTimestamp: SINCE }, status: { phase: 'Running' } })).toBe(false);
  });

  test.for(['containerStatuses', 'initContainerStatuses'] as const)(
    'a pod that was failed over the head of its kubelet, which says in %s that one runs, may still write',
    (statuses) => {
      const container = { name: 'app', image: '', imageID: '', ready: true, restartCount: 0 };
      const terminated = { ...container, state: { terminated: { exitCode: 0 } } };
      const running = { ...container, state: { running: {} } };
      expect(isTerminal({ status: { phase: 'Failed', [statuses]: [terminated] } })).toBe(true);
      expect(isTerminal({ status: { phase: 'Failed', [statuses]: [terminated, running] } })).toBe(false);
    },
  );

  test('a pod without a status may still start', () => {
    expect(isTerminal({})).toBe(false);
  });
});

describe('readySinceMs', () => {
  test.for<[name: string, pod: Pod, since: number | undefined]>([
    ['tells since when a pod is Ready', ready('True'), Date.parse(SINCE)],
    ['does not count a pod that is not Ready', ready('False'), undefined],
    ['does not count a pod whose readiness is unknown: its machine is lost', ready('Unknown'), undefined],
    ['does not count a pod that is being deleted', ready('True', { deletionTimestamp: SINCE }), undefined],
    ['does not count a pod without a status', {}, undefined],
    [
      'takes the age of the pod where the condition has no time',
      {
        metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
      },
      Date.parse('2026-01-01T00:00:00Z'),
    ],
    ['takes 0 where there is no time at all', { status: { conditions: [{ type: 'Ready', status: 'True' }] } }, 0],
  ])('%s', ([, pod, since]) => {
    expect(readySinceMs(pod)).toBe(since);
  });
});

describe('claimsOf', () => {
  test('names each claim that a pod mounts, and no other volume', () => {
    const volumes = [
      { name: 'a', persistentVolumeClaim: { claimName: 'claim-a' } },
      { name: 'b', emptyDir: {} },
      { name: 'c', persistentVolumeClaim: { claimName: 'claim-c' } },
    ];
    expect(claimsOf({ spec: { containers: [], volumes } })).toEqual(['claim-a', 'claim-c']);
  });

  test('a pod without volumes mounts no claim', () => {
    expect(claimsOf({})).toEqual([]);
  });
});

describe('stuckReason', () => {
  const waiting = (reason: string, message?: string) => ({
    name: 'app',
    state: { waiting: { reason, ...(message === undefined ? {} : { message }) } },
    image: '',
    imageID: '',
    ready: false,
    restartCount: 0,
  });

  test.for(['ContainerCreating', 'PodInitializing'])('is not alarmed by %s', (reason) => {
    expect(stuckReason({ status: { containerStatuses: [waiting(reason)] } })).toBeUndefined();
  });

  test("repeats the kubelet's reason and names the container", () => {
    expect(stuckReason({ status: { containerStatuses: [waiting('ImagePullBackOff', 'no such image')] } })).toEqual({
      reason: 'ImagePullBackOff',
      message: 'container app: no such image',
    });
  });

  test('sees a stuck init container before the others', () => {
    const status = {
      initContainerStatuses: [waiting('CrashLoopBackOff')],
      containerStatuses: [waiting('PodInitializing')],
    };
    expect(stuckReason({ status })?.reason).toBe('CrashLoopBackOff');
  });

  test('has nothing to say about a running pod', () => {
    expect(stuckReason({ status: { phase: 'Running' } })).toBeUndefined();
  });
});
