// docs/events.md and the code name the same reasons, with the same types.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { expect, test } from 'vitest';

import { STALLED_REASONS } from '../src/api/v1alpha1/conditions.ts';
import { REASONS, troubleOf } from '../src/domain/events/catalogue.ts';

const rows = readFileSync(resolve(import.meta.dirname, '../docs/events.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, reason = '', type = ''] = line.split('|').map((cell) => cell.trim());
    return /^[A-Z]/.test(reason) ? [`${reason} ${type}`] : [];
  });

test('docs/events.md describes every reason of an Event, in the order of the code, and no other', () => {
  const told = Object.entries(REASONS).map(([reason, [type]]) => `${reason} ${type}`);
  const troubles = new Set(STALLED_REASONS.map((reason) => `${troubleOf(reason)} Warning`));
  expect(rows).toEqual([...told, ...troubles]);
});
