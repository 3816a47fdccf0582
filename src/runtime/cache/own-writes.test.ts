import { describe, expect, test } from 'vitest';

import { CLAIM } from '../../kube/kinds.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { WIDGET, widget } from '../testing/watch-lines.ts';
import { OwnWrites } from './own-writes.ts';

const owner = { namespace: 'a', name: 'fleet' };
const key = { namespace: 'a', name: 'w' };

/** A cache that has seen everything up to a version. */
function setUp() {
  const cache = {
    version: 0,
    isDeleted: false,
    hasSeen: (_: object, version: string) => cache.version >= Number(version),
    hasSeenDeletion: () => cache.isDeleted,
  };
  const clock = new FakeClock();
  return { cache, clock, ownWrites: new OwnWrites([[WIDGET, cache]], clock) };
}

describe('OwnWrites', () => {
  test('waits until the cache is at the version that was written', () => {
    const { cache, ownWrites } = setUp();
    expect(ownWrites.state(owner)).toBe('seen');
    ownWrites.expect(owner, WIDGET, widget('w', 10));
    cache.version = 9;
    expect(ownWrites.state(owner)).toBe('pending');
    cache.version = 10;
    expect(ownWrites.state(owner)).toBe('seen');
  });

  test('waits for every object that was written', () => {
    const { cache, ownWrites } = setUp();
    ownWrites.expect(owner, WIDGET, widget('v', 12));
    ownWrites.expect(owner, WIDGET, widget('w', 10));
    cache.version = 10;
    expect(ownWrites.state(owner)).toBe('pending');
    cache.version = 12;
    expect(ownWrites.state(owner)).toBe('seen');
  });

  test('waits for the last of several writes of one object', () => {
    const { cache, ownWrites } = setUp();
    ownWrites.expect(owner, WIDGET, widget('w', 10));
    ownWrites.expect(owner, WIDGET, widget('w', 11));
    cache.version = 10;
    expect(ownWrites.state(owner)).toBe('pending');
  });

  test('remembers what was seen, even if the cache falls back', () => {
    const { cache, ownWrites } = setUp();
    ownWrites.expect(owner, WIDGET, widget('v', 10));
    ownWrites.expect(owner, WIDGET, widget('w', 20));
    cache.version = 10;
    ownWrites.state(owner);
    cache.version = 20;
    expect(ownWrites.state(owner)).toBe('seen');
  });

  test('keeps no other owner waiting', () => {
    const { ownWrites } = setUp();
    ownWrites.expect(owner, WIDGET, widget('w', 10));
    expect(ownWrites.state({ namespace: 'b', name: 'fleet' })).toBe('seen');
  });

  test('waits for no kind that is not cached', () => {
    const { ownWrites } = setUp();
    ownWrites.expect(owner, CLAIM, widget('w', 10));
    expect(ownWrites.state(owner)).toBe('seen');
  });

  test('waits until the deleted object is gone', () => {
    const { cache, ownWrites } = setUp();
    ownWrites.expectDeleted(owner, WIDGET, key, 'uid-w');
    expect(ownWrites.state(owner)).toBe('pending');
    cache.isDeleted = true;
    expect(ownWrites.state(owner)).toBe('seen');
  });

  test('is overdue after ten seconds, once, and expects nothing any more', async () => {
    const { clock, ownWrites } = setUp();
    ownWrites.expect(owner, WIDGET, widget('w', 10));
    await clock.advance(5_000);
    ownWrites.expect(owner, WIDGET, widget('v', 11));
    await clock.advance(4_999);
    expect(ownWrites.state(owner)).toBe('pending');
    await clock.advance(1);
    expect([ownWrites.state(owner), ownWrites.state(owner)]).toEqual(['overdue', 'seen']);
  });

  test('is overdue at once, and once, when a write is in doubt', () => {
    const { ownWrites } = setUp();
    ownWrites.doubt(owner);
    expect([ownWrites.state(owner), ownWrites.state(owner)]).toEqual(['overdue', 'seen']);
  });

  test('waits in doubt too for a write that is known to be stored', () => {
    const { cache, ownWrites } = setUp();
    ownWrites.expect(owner, WIDGET, widget('w', 10));
    ownWrites.doubt(owner);
    expect(ownWrites.state(owner)).toBe('pending');
    cache.version = 10;
    expect([ownWrites.state(owner), ownWrites.state(owner)]).toEqual(['overdue', 'seen']);
  });

  test('forgets an owner that is gone', () => {
    const { ownWrites } = setUp();
    ownWrites.expect(owner, WIDGET, widget('w', 10));
    ownWrites.doubt(owner);
    ownWrites.forget(owner);
    expect(ownWrites.state(owner)).toBe('seen');
  });
});
