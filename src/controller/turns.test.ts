import { describe, expect, test } from 'vitest';

import type { Apply, ChangeFinalizer, Delete } from '../domain/actions.ts';
import { SERVICE, STATEFUL_SET } from '../kube/kinds.ts';
import { turnsOf } from './turns.ts';

const make = (member: string, kind: Apply['kind'] = SERVICE): Apply => ({
  type: 'Apply',
  purpose: 'Ensure',
  member,
  kind,
  object: {},
  fence: 'absent',
  fieldManager: 'nodefleet',
});
const change = (member: string): Apply => ({ ...make(member), fence: { uid: 'u', resourceVersion: '7' } });
const remove = (member: string): Delete => ({
  type: 'Delete',
  member,
  kind: SERVICE,
  key: { namespace: 'ns', name: member },
  uid: 'u',
});
const finalizer: ChangeFinalizer = { type: 'AddFinalizer' };

/** `a+a b`: two writes of member a beside one of member b; a new line is a new turn of all. */
function told(writes: readonly (Apply | Delete | ChangeFinalizer)[]): string {
  const lines = turnsOf(writes, 'web').map((turns) =>
    turns.map((turn) => turn.map((write) => ('member' in write ? write.member : '-')).join('+')).join(' '),
  );
  return lines.join(' | ');
}

describe('side by side go', () => {
  test('the members that are made, each in the order of its writes', () => {
    const members = ['a', 'b', 'c', 'd', 'e'];
    expect(told(members.flatMap((member) => [make(member), make(member, STATEFUL_SET)]))).toBe('a+a b+b c+c d+d e+e');
  });

  test('no members that are changed or deleted', () => {
    expect(told([change('a'), change('b'), remove('c'), remove('d')])).toBe('a | b | c | d');
  });

  test('no member of which anything is changed, and none of those before it and after it', () => {
    expect(told([make('a'), make('b'), change('b'), make('c'), make('d')])).toBe('a | b+b | c d');
  });

  test('nothing with what belongs to the fleet as a whole', () => {
    expect(told([finalizer, make('web'), make('a'), make('b'), make('web')])).toBe('- | web | a b | web');
    expect(told([make('a'), finalizer, make('b')])).toBe('a | - | b');
  });
});
