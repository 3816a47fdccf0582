import { expect, test } from 'vitest';

import { timestampOf } from './timestamp.ts';

test('a time has whole seconds, cut off: the API server would drop the rest', () => {
  expect(timestampOf(Date.parse('2026-01-01T00:00:00.999Z'))).toBe('2026-01-01T00:00:00Z');
});
