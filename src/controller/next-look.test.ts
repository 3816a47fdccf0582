import { expect, test } from 'vitest';

import type { Action } from '../domain/actions.ts';
import { NOTHING_DONE } from '../domain/outcome.ts';
import { nextLook } from './next-look.ts';

const NOW = 1_000_000;
const wait: Action = { type: 'Wait', member: 'web-0', reason: 'AwaitingDetach', message: '' };
const refusal = { member: 'web-0', reason: 'Forbidden', message: '' } as const;

test.for([
  ['is done when nothing is left to wait for', [], [], undefined, { type: 'done' }],
  [
    'looks again in seconds while it waits',
    [wait],
    [],
    undefined,
    { type: 'requeue', afterMs: 5_000, reason: 'Waiting' },
  ],
  [
    'looks again in a minute after a refusal',
    [],
    [refusal],
    undefined,
    { type: 'requeue', afterMs: 60_000, reason: 'Refused' },
  ],
  [
    'looks again at once for a proof that lags',
    [{ type: 'Prove', member: 'web-0' }],
    [],
    undefined,
    { type: 'requeue', afterMs: 250, reason: 'ProofPending' },
  ],
  [
    'looks again when time alone changes something',
    [],
    [],
    NOW + 700,
    { type: 'requeue', afterMs: 700, reason: 'TimePasses' },
  ],
  [
    'takes the earliest of several',
    [wait],
    [refusal],
    NOW + 100,
    { type: 'requeue', afterMs: 100, reason: 'TimePasses' },
  ],
  ['never looks into the past', [], [], NOW - 5, { type: 'requeue', afterMs: 0, reason: 'TimePasses' }],
] as const)('%s', ([, actions, refusals, lookAgainAtMs, expected]) => {
  const plan = { actions, rolloutPlan: undefined, lookAgainAtMs };
  expect(nextLook(plan, { ...NOTHING_DONE, refusals }, NOW)).toEqual(expected);
});

test('looks again when a status that was held back may be written', () => {
  const plan = { actions: [wait], rolloutPlan: undefined };
  const expected = { type: 'requeue', afterMs: 300, reason: 'StatusHeldBack' };
  expect(nextLook(plan, NOTHING_DONE, NOW, 300)).toEqual(expected);
});
