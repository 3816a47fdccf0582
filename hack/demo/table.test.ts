import { describe, expect, test } from 'vitest';

import type { NodeDeploymentStatus, StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { specSchema } from '../../src/api/v1alpha1/spec.ts';
import { statusSchema } from '../../src/api/v1alpha1/status.ts';
import { isReady, memberChanges, tableLines } from './table.ts';
import { NO_COLOURS, paletteFor } from '../../src/plugin/palette.ts';

const LOOK = { palette: NO_COLOURS, width: 100, members: true };

type Members = NonNullable<NodeDeploymentStatus['members']>;

/** The fleet `default/geth`, generation 2. */
function fleet(status?: NodeDeploymentStatus, namespace = 'default'): StoredNodeDeployment {
  return {
    metadata: {
      name: 'geth',
      namespace,
      uid: 'geth-uid',
      resourceVersion: '7',
      creationTimestamp: '2026-01-01T12:00:00Z',
      generation: 2,
    },
    spec: specSchema.parse({ replicas: 3, template: { spec: { containers: [{ name: 'geth', image: 'geth:1' }] } } }),
    ...(status && { status: statusSchema.parse(status) }),
  };
}

function condition(type: string, status: 'True' | 'False', reason: string, message = '') {
  return { type, status, reason, message, lastTransitionTime: '2026-01-01T12:00:00Z' };
}

function rolling(members: Members): StoredNodeDeployment {
  const conditions = [condition('Ready', 'False', 'RollingOut')];
  return fleet({
    observedGeneration: 2,
    readyReplicas: 2,
    updatedReplicas: 1,
    updateRevision: 'new',
    conditions,
    members,
  });
}

const READY = fleet({
  observedGeneration: 2,
  readyReplicas: 3,
  updatedReplicas: 3,
  conditions: [condition('Ready', 'True', 'AllMembersReady')],
  members: [{ name: 'geth-0', phase: 'Running' }],
});

describe('the table', () => {
  test('shows name, desired, ready, updated and the reason of the Ready condition', () => {
    expect(tableLines([READY], LOOK)).toEqual([
      'NAME  DESIRED  READY  UPDATED  STATUS',
      'geth  3        3      3        AllMembersReady',
    ]);
  });

  test('says that the operator has not seen a fleet without a status', () => {
    expect(tableLines([fleet()], LOOK)[1]).toBe('geth  3        -      -        not seen by the operator yet');
  });

  test('tells why a fleet is stalled', () => {
    const conditions = [condition('Ready', 'False', 'X'), condition('Stalled', 'True', 'QuotaExceeded', 'raise it')];
    expect(tableLines([fleet({ conditions })], LOOK)[1]).toContain('QuotaExceeded: raise it');
  });

  test('names the namespace of a fleet outside the default one', () => {
    expect(tableLines([fleet(undefined, 'lab')], LOOK)[1]).toMatch(/^lab\/geth /);
  });

  test('shows what each member of a fleet in a hand-off waits for, and where the others run', () => {
    const lines = tableLines(
      [
        rolling([
          { name: 'geth-0', phase: 'Running', nodeName: 'machine-0', revision: 'old' },
          { name: 'geth-1', phase: 'AwaitingDetach', reason: 'VolumeAttached', message: 'volume pv is attached' },
          { name: 'geth-2', phase: 'Running', nodeName: 'machine-1', revision: 'new' },
        ]),
      ],
      LOOK,
    );
    expect(lines.slice(2)).toEqual([
      '  geth-0  Running         on machine-0, old revision',
      '  geth-1  AwaitingDetach  volume pv is attached',
      '  geth-2  Running         on machine-1, new revision',
    ]);
  });

  test('of many members shows those that are not Running', () => {
    const many = Array.from({ length: 20 }, (_, n) => ({ name: `geth-${n}`, phase: 'Running' as const }));
    const lines = tableLines([rolling([...many, { name: 'geth-20', phase: 'Failed' }])], LOOK);
    expect(lines.slice(2)).toEqual(['  geth-20  Failed', '  and 20 more']);
  });

  test('is never wider than the terminal, and cuts no colour code', () => {
    const colours = paletteFor(true, {});
    const conditions = [condition('Stalled', 'True', 'QuotaExceeded', 'x'.repeat(200))];
    const [, line = ''] = tableLines([fleet({ conditions })], { palette: colours, width: 60, members: true });
    // oxlint-disable-next-line no-control-regex
    expect(line.replaceAll(/\u001B\[\d+m/g, '')).toHaveLength(60);
    expect(line.endsWith('…\u001B[39m')).toBe(true);
  });
});

describe('a fleet', () => {
  test('is Ready when its Ready condition is true', () => {
    expect(isReady(READY)).toBe(true);
  });

  test('is not Ready while the operator has not seen its newest spec', () => {
    expect(isReady(fleet({ ...READY.status, observedGeneration: 1 }))).toBe(false);
  });
});

describe('the changes of members', () => {
  const before = rolling([{ name: 'geth-2', phase: 'Running', nodeName: 'machine-1', revision: 'old' }]);

  test('tell the phase that was left, the one that was entered, and why', () => {
    const after = rolling([{ name: 'geth-2', phase: 'AwaitingDetach', message: 'volume pv is attached' }]);
    expect(memberChanges(before, after)).toEqual(['geth-2  Running → AwaitingDetach  volume pv is attached']);
  });

  test('tell a new reason within a phase', () => {
    const waiting = rolling([{ name: 'geth-2', phase: 'Starting', message: 'no machine fits' }]);
    const starting = rolling([{ name: 'geth-2', phase: 'Starting' }]);
    expect(memberChanges(starting, waiting)).toEqual(['geth-2  Starting  no machine fits']);
  });

  test('are none when only another member, or the wanted revision, has changed', () => {
    const after = { ...before, status: { ...before.status, updateRevision: 'newer' } };
    expect(memberChanges(before, after)).toEqual([]);
  });

  test('shorten the name of a volume and leave out that of its attachment', () => {
    const message =
      'volume pvc-a5bedf67-1347-4e69-af99-38962a3ea6e8 is attached to machine-1 (VolumeAttachment csi-e7d2b9de)';
    const after = rolling([{ name: 'geth-2', phase: 'AwaitingDetach', message }]);
    expect(memberChanges(before, after)[0]).toMatch(/ {2}volume pvc-a5bedf67… is attached to machine-1$/);
  });
});
