import { describe, expect, test } from 'vitest';

import type { Stored } from '../../kube/object.ts';
import { widget, type Widget } from '../testing/watch-lines.ts';
import { changesOfEvent, changesOfList, type Change, type ObjectEvent } from './change.ts';

/** `added w@1`, as the changes of a test read. */
function read(changes: readonly Change<Widget>[]): string[] {
  return changes.map((change) => {
    const { uid, resourceVersion } = change.object.metadata;
    const from = change.type === 'updated' ? ` from ${change.previous.metadata.resourceVersion}` : '';
    return `${change.type} ${uid}@${resourceVersion}${from}`;
  });
}

const second = { uid: 'uid-second' };

describe('an event', () => {
  test.for<[string, Stored<Widget> | undefined, ObjectEvent<Widget>, string[]]>([
    ['adds what is new', undefined, { type: 'ADDED', object: widget('w', 1) }, ['added uid-w@1']],
    [
      'adds what is new to us, even if it was modified',
      undefined,
      { type: 'MODIFIED', object: widget('w', 2) },
      ['added uid-w@2'],
    ],
    [
      'updates what is newer',
      widget('w', 9),
      { type: 'MODIFIED', object: widget('w', 10) },
      ['updated uid-w@10 from 9'],
    ],
    ['says nothing of the same version', widget('w', 9), { type: 'ADDED', object: widget('w', 9) }, []],
    [
      'never replaces a newer version by an older one',
      widget('w', 10),
      { type: 'MODIFIED', object: widget('w', 9) },
      [],
    ],
    [
      'deletes and adds what was made anew under its name',
      widget('w', 1),
      { type: 'ADDED', object: widget('w', 5, second) },
      ['deleted uid-w@1', 'added uid-second@5'],
    ],
    [
      'of an earlier object of that name changes nothing',
      widget('w', 5, second),
      { type: 'MODIFIED', object: widget('w', 4) },
      [],
    ],
    [
      'deletes the object, as it was last',
      widget('w', 1),
      { type: 'DELETED', object: widget('w', 2) },
      ['deleted uid-w@2'],
    ],
    ['deletes no other object of that name', widget('w', 1), { type: 'DELETED', object: widget('w', 2, second) }, []],
    ['deletes nothing that is not there', undefined, { type: 'DELETED', object: widget('w', 2) }, []],
  ])('%s', ([, stored, event, changes]) => {
    expect(read(changesOfEvent(stored, event))).toEqual(changes);
  });
});

describe('a list', () => {
  test.for<[string, Stored<Widget>[], Stored<Widget>[], string[]]>([
    ['adds everything to an empty store', [], [widget('v', 1), widget('w', 2)], ['added uid-v@1', 'added uid-w@2']],
    ['says nothing of what is the same', [widget('w', 1)], [widget('w', 1)], []],
    ['updates what has changed', [widget('w', 1)], [widget('w', 2)], ['updated uid-w@2 from 1']],
    ['deletes what has vanished, first', [widget('v', 1)], [widget('w', 2)], ['deleted uid-v@1', 'added uid-w@2']],
    ['tells what was made anew', [widget('w', 1)], [widget('w', 2, second)], ['deleted uid-w@1', 'added uid-second@2']],
    ['is believed also where its versions are older', [widget('w', 9)], [widget('w', 3)], ['updated uid-w@3 from 9']],
    [
      'tells objects of one name in two namespaces apart',
      [widget('w', 1)],
      [widget('w', 1), widget('w', 2, { namespace: 'b', uid: 'uid-b' })],
      ['added uid-b@2'],
    ],
  ])('%s', ([, stored, listed, changes]) => {
    expect(read(changesOfList(stored, listed))).toEqual(changes);
  });
});

describe('a deletion', () => {
  const finality = (changes: readonly Change<Widget>[]) =>
    changes.flatMap((change) => (change.type === 'deleted' ? change.isFinal : []));

  test('that the server tells of shows the object in its final state', () => {
    const changes = changesOfEvent(widget('w', 1), { type: 'DELETED', object: widget('w', 2) });
    expect(finality(changes)).toEqual([true]);
  });

  test('that is concluded from a list, or from a new object of the name, does not', () => {
    expect(finality(changesOfList([widget('v', 1)], []))).toEqual([false]);
    expect(finality(changesOfList([widget('w', 1)], [widget('w', 2, second)]))).toEqual([false]);
    expect(finality(changesOfEvent(widget('w', 1), { type: 'ADDED', object: widget('w', 5, second) }))).toEqual([
      false,
    ]);
  });
});
