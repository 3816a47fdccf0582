import { describe, expect, test } from 'vitest';

import { isSchedule, nextDueMs } from './cron.ts';

const next = (schedule: string, after: string, timeZone = 'Etc/UTC'): string | undefined => {
  const dueMs = nextDueMs(schedule, timeZone, Date.parse(after));
  return dueMs === undefined ? undefined : new Date(dueMs).toISOString().replace(':00.000Z', 'Z');
};

describe('a schedule', () => {
  test.for<[schedule: string, after: string, due: string]>([
    ['0 3 * * *', '2026-01-01T12:00:00Z', '2026-01-02T03:00Z'],
    ['0 3 * * *', '2026-01-01T03:00:00Z', '2026-01-02T03:00Z'],
    ['0 3 * * *', '2026-01-01T02:59:59Z', '2026-01-01T03:00Z'],
    ['* * * * *', '2026-01-01T12:00:30Z', '2026-01-01T12:01Z'],
    ['*/15 * * * *', '2026-01-01T12:16:00Z', '2026-01-01T12:30Z'],
    ['5/20 * * * *', '2026-01-01T12:46:00Z', '2026-01-01T13:05Z'],
    ['10-20/5,59 * * * *', '2026-01-01T12:20:00Z', '2026-01-01T12:59Z'],
    ['0 0 29 feb ?', '2026-03-01T00:00:00Z', '2028-02-29T00:00Z'],
    ['0 0 1 JAN *', '2026-03-01T00:00:00Z', '2027-01-01T00:00Z'],
    ['0 9 * * mon-fri', '2026-01-02T10:00:00Z', '2026-01-05T09:00Z'],
    ['@weekly', '2026-01-01T00:00:00Z', '2026-01-04T00:00Z'],
    ['@hourly', '2026-01-01T23:30:00Z', '2026-01-02T00:00Z'],
  ])('%s is due after %s at %s', ([schedule, after, due]) => {
    expect(next(schedule, after)).toBe(due);
  });

  test('that names days of the month and of the week is due on either, and one with * on the other alone', () => {
    expect(next('0 0 13 * fri', '2026-01-01T00:00:00Z')).toBe('2026-01-02T00:00Z');
    expect(next('0 0 13 * *', '2026-01-01T00:00:00Z')).toBe('2026-01-13T00:00Z');
    expect(next('0 0 */12 * fri', '2026-01-03T00:00:00Z')).toBe('2026-01-09T00:00Z');
  });

  test('goes by the clocks of its time zone, in summer and in winter', () => {
    expect(next('30 3 * * *', '2026-01-01T12:00:00Z', 'Europe/Berlin')).toBe('2026-01-02T02:30Z');
    expect(next('30 3 * * *', '2026-07-01T12:00:00Z', 'Europe/Berlin')).toBe('2026-07-02T01:30Z');
    expect(next('0 0 * * *', '2026-01-01T12:00:00Z', 'Asia/Kolkata')).toBe('2026-01-01T18:30Z');
    expect(next('0 23 31 dec *', '2026-12-31T12:00:00Z', 'Pacific/Honolulu')).toBe('2027-01-01T09:00Z');
  });

  test('is due on the day on which clocks change too', () => {
    // Forward from 02:00 to 03:00 on 2026-03-29, back from 03:00 to 02:00 on 2026-10-25.
    expect(next('30 2 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin')).toBe('2026-03-29T01:30Z');
    expect(next('0 4 * * *', '2026-03-29T00:00:00Z', 'Europe/Berlin')).toBe('2026-03-29T02:00Z');
    expect(next('0 4 * * *', '2026-10-24T12:00:00Z', 'Europe/Berlin')).toBe('2026-10-25T03:00Z');
  });

  test('that never comes is never due, nor is what is no schedule or no time zone', () => {
    expect(next('0 0 30 2 *', '2026-01-01T00:00:00Z')).toBeUndefined();
    expect(next('nightly', '2026-01-01T00:00:00Z')).toBeUndefined();
    expect(next('0 3 * * *', '2026-01-01T00:00:00Z', 'Mars/Olympus')).toBeUndefined();
  });

  test.for([
    ...['', '* * * *', '* * * * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '* * * * 7'],
    ...['5-3 * * * *', '*/0 * * * *', '1-2-3 * * * *', 'a * * * *', '- * * * *', '1, * * * *', '*-5 * * * *'],
    ...['@every 5m', 'TZ=UTC 0 3 * * *', '0x1 * * * *'],
  ])('is not %j', (text) => {
    expect(isSchedule(text)).toBe(false);
  });
});
