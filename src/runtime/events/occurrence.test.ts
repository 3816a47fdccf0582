import { describe, expect, test } from 'vitest';

import { type Occurrence, causeOf, eventNameOf, subjectOf, toEvent } from './occurrence.ts';

const regarding = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-0', uid: 'u' };
const occurrence: Occurrence = { regarding, type: 'Normal', reason: 'Started', action: 'Start', note: 'it runs' };
const reporter = { controller: 'example.dev/operator', instance: 'host-1' };
const FIRST_US = Date.parse('2026-01-01T00:00:00Z') * 1000;
const once = { name: 'web-0.1', firstAtUs: FIRST_US, count: 1, lastAtUs: FIRST_US };

describe('the Event of an occurrence', () => {
  test('says who reports what, when, regarding which object', () => {
    expect(toEvent(occurrence, reporter, once)).toEqual({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'web-0.1', namespace: 'shop' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'example.dev/operator',
      reportingInstance: 'host-1',
      type: 'Normal',
      reason: 'Started',
      action: 'Start',
      note: 'it runs',
      regarding,
    });
  });

  test('has a series once it was told twice', () => {
    const twice = { ...once, count: 2, lastAtUs: FIRST_US + 5_000_001 };
    expect(toEvent(occurrence, reporter, twice).series).toEqual({
      count: 2,
      lastObservedTime: '2026-01-01T00:00:05.000001Z',
    });
  });

  test('of a cluster-scoped object is in the namespace default', () => {
    const machine = { apiVersion: 'v1', kind: 'Node', name: 'm1' };
    expect(toEvent({ ...occurrence, regarding: machine }, reporter, once).metadata?.namespace).toBe('default');
  });

  test.for<[string, string, number]>([
    ['a note that fits', 'a'.repeat(1024), 1024],
    ['a note that is one byte too long', 'a'.repeat(1025), 1024],
    ['a note of characters of two bytes, of which the last would be cut in half', 'é'.repeat(600), 1023],
    ['a note of characters of four bytes', '🐢'.repeat(300), 1023],
  ])('keeps %s within 1024 bytes, and no character is broken', ([, note, bytes]) => {
    const { note: kept = '' } = toEvent({ ...occurrence, note }, reporter, once);
    expect(Buffer.byteLength(kept)).toBe(bytes);
    expect(note.startsWith(kept.replace(/…$/, ''))).toBe(true);
  });
});

describe('the name of an Event', () => {
  const valid = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

  test.for(['web', 'x'.repeat(253), `${'x'.repeat(199)}-y`, 'system:Node_1', 'a.b', '...', ''])(
    'of an object %s is a valid one',
    (name) => {
      const made = eventNameOf({ ...regarding, name }, FIRST_US, 0.999_999);
      expect(made).toMatch(valid);
      expect(made.length).toBeLessThanOrEqual(253);
    },
  );

  test('sorts by time, whatever the random part is', () => {
    const times = [0, 1, 1000, 86_400_000_000].map((us) => FIRST_US + us);
    const names = times.map((us, index) => eventNameOf(regarding, us, 0.9 - index / 10));
    expect(names.toSorted()).toEqual(names);
  });
});

describe('the same cause', () => {
  test.for<[string, Partial<Occurrence>]>([
    ['another object of the name', { regarding: { ...regarding, uid: 'v' } }],
    ['another related object', { related: { ...regarding, name: 'web-1' } }],
    ['another type', { type: 'Warning' }],
    ['another reason', { reason: 'Stopped' }],
    ['another action', { action: 'Stop' }],
    ['another note', { note: 'it ran' }],
  ])('is not that of %s', ([, change]) => {
    expect(causeOf({ ...occurrence, ...change })).not.toBe(causeOf(occurrence));
  });

  test('is that of an equal occurrence', () => {
    expect(causeOf({ ...occurrence, regarding: { ...regarding } })).toBe(causeOf(occurrence));
  });
});

test('parts of one object are limited apart from each other, and each made-again part is limited as before', () => {
  const about = (name: string, uid: string) => subjectOf({ ...occurrence, related: { ...regarding, name, uid } });
  expect(about('web-1', 'a')).not.toBe(about('web-2', 'a'));
  expect(about('web-1', 'a')).toBe(about('web-1', 'b'));
  expect(about('web-1', 'a')).not.toBe(subjectOf(occurrence));
});
