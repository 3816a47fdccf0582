import { expect, test } from 'vitest';

import type { NodeDeploymentStatus } from '../api/v1alpha1/node-deployment.ts';
import { at, claim, deployment, NOW, STORAGE } from '../domain/testing/build.ts';
import { fleetTable, fleetTree } from './fleet-lines.ts';
import { viewFleet } from './fleet-view.ts';
import { NO_COLOURS, paletteFor } from './palette.ts';

const look = { palette: NO_COLOURS, now: NOW };
const condition = (type: string, status: 'True' | 'False', reason: string, message: string) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: at(-90),
});
const owner = deployment({ replicas: 1, storage: STORAGE, rollout: { paused: true } });
const ownClaim = claim(owner, 0);
const status: NodeDeploymentStatus = {
  observedGeneration: 1,
  readyReplicas: 1,
  updatedReplicas: 0,
  availableReplicas: 1,
  conditions: [
    condition('Ready', 'False', 'RollingOut', '1 of 1'),
    condition('Stalled', 'True', 'DetachTimeout', 'why'),
  ],
  plan: {
    id: 'p1',
    purpose: 'Rollout',
    generation: 1,
    targetRevision: 'new',
    phase: 'Active',
    createdAt: at(-120),
    members: ['web-0'],
  },
  members: [
    {
      name: 'web-0',
      phase: 'AwaitingDetach',
      reason: 'AwaitingDetach',
      message: 'volume pv-web-0 is attached',
      revision: 'old',
      nodeName: 'm1',
      claim: { name: 'web-0', uid: ownClaim.metadata.uid, requested: '10Gi', capacity: '5Gi' },
      attachment: { state: 'Detaching', since: at(-30) },
      handoff: { stoppedAt: at(-40) },
    },
  ],
  retainedClaims: [{ name: 'web-1', uid: 'u1', size: '10Gi', since: at(-3600), reason: 'ScaledDown' }],
};
const fleet = { ...owner, status };

test('a fleet is told from its conditions to its retained claims', () => {
  const { revision } = viewFleet(fleet, []);
  expect(fleetTree(viewFleet(fleet, [ownClaim]), look)).toEqual([
    'NodeDeployment default/web  RollingOut',
    `  1 of 1 ready, 0 updated, 1 available · revision ${revision} · age 60m · spec.rollout.paused: true`,
    '',
    'Conditions',
    '  Ready    False  RollingOut     90s  1 of 1',
    '  Stalled  True   DetachTimeout  90s  why',
    '',
    'Members',
    '  web-0  AwaitingDetach',
    '  ├─ waits for   volume pv-web-0 is attached',
    '  ├─ revision    old (outdated)',
    '  ├─ machine     m1',
    '  ├─ claim       web-0 · 5Gi, 10Gi requested · Bound',
    '  ├─ volume      pv-web-0',
    '  ├─ attachment  Detaching for 30s',
    '  └─ hand-off    under way for 40s: now waiting for the end of the pod',
    '',
    'Rollout',
    '  Active: to revision new, 1 member, 2m ago (plan p1)',
    '',
    'Retained claims',
    '  web-1  10Gi  ScaledDown  for 60m  u1',
  ]);
});

test('without the right to read claims, volume and phase are left out', () => {
  const lines = fleetTree(viewFleet(fleet, []), look);
  expect(lines).toContain('  ├─ claim       web-0 · 5Gi, 10Gi requested');
  expect(lines.join('\n')).not.toContain('├─ volume');
});

test('a fleet that the operator has not seen yet has no sections, and says so', () => {
  const { revision } = viewFleet(owner, []);
  expect(fleetTree(viewFleet(owner, []), look)).toEqual([
    'NodeDeployment default/web  NotSeenYet',
    `  0 of 1 ready, 0 updated, 0 available · revision ${revision} · age 60m · spec.rollout.paused: true`,
    '  the operator has not reported on the newest spec yet',
  ]);
});

test('the table has a row for each fleet', () => {
  const deleted = deployment({}, { name: 'gone', deletionTimestamp: at(-5) });
  expect(fleetTable([viewFleet(fleet, []), viewFleet(deleted, [])], look)).toEqual([
    'NAME   DESIRED   READY   UPDATED   STATUS       AGE',
    'web    1         1       0         RollingOut   60m',
    'gone   1         0       0         Deleting     60m',
  ]);
});

test('at a terminal a condition is painted by whether it is as it is when all is well', () => {
  const palette = paletteFor(true, {});
  const lines = fleetTree(viewFleet(fleet, []), { palette, now: NOW });
  expect(lines.find((line) => line.includes('Stalled'))).toContain(palette.bad('True'));
  expect(lines.find((line) => line.includes('Ready '))).toContain(palette.bad('False'));
});
