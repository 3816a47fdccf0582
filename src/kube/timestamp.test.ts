import { expect, test } from 'vitest';

import { microTimestampOf, timestampOf } from './timestamp.ts';

test('a time has whole seconds, cut off: the API server would drop the rest', () => {
  expect(timestampOf(Date.parse('2026-01-01T00:00:00.999Z'))).toBe('2026-01-01T00:00:00Z');
});

test('a time in microseconds keeps all six digits, which the API server requires', () => {
  const us = Date.parse('2026-01-01T00:00:00.042Z') * 1000 + 7;
  expect(microTimestampOf(us)).toBe('2026-01-01T00:00:00.042007Z');
});
