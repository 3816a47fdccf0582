import { describe, expect, test } from 'vitest';

import { widget } from '../testing/watch-lines.ts';
import { Store, type IndexFunction } from './store.ts';

const byColour: IndexFunction<object> = ({ metadata }) => Object.values(metadata.labels ?? {});

const painted = (name: string, ...colours: string[]) =>
  widget(name, 1, { labels: Object.fromEntries(colours.map((colour, i) => [i, colour])) });

describe('Store', () => {
  test('keeps one object per namespace and name', () => {
    const store = new Store();
    store.put(widget('w', 1));
    store.put(widget('w', 2));
    store.put(widget('w', 1, { namespace: 'b' }));
    expect(store.size).toBe(2);
    expect(store.get({ namespace: 'a', name: 'w' })).toEqual(widget('w', 2));
    expect(store.get({ namespace: 'c', name: 'w' })).toBeUndefined();
    store.remove({ namespace: 'a', name: 'w' });
    expect(store.list()).toEqual([widget('w', 1, { namespace: 'b' })]);
  });

  test('finds an object under each value of an index, and no longer under its old ones', () => {
    const store = new Store({ indexes: { byColour } });
    const named = (colour: string) => store.byIndex('byColour', colour).map(({ metadata }) => metadata.name);
    store.put(painted('v', 'red', 'blue'));
    store.put(painted('w', 'red'));
    expect([named('red'), named('blue'), named('green')]).toEqual([['v', 'w'], ['v'], []]);
    store.put(painted('v', 'green'));
    expect([named('red'), named('blue'), named('green')]).toEqual([['w'], [], ['v']]);
    store.remove({ namespace: 'a', name: 'v' });
    expect(named('green')).toEqual([]);
  });

  test('finds the latest version of an object that stays under some of its values', () => {
    const store = new Store({ indexes: { byColour } });
    store.put(painted('w', 'red', 'blue'));
    const repainted = painted('w', 'red', 'green');
    store.put(repainted);
    const found = (colour: string) => store.byIndex('byColour', colour);
    expect([found('red'), found('blue'), found('green')]).toEqual([[repainted], [], [repainted]]);
    expect(found('red')[0]).toBe(repainted);
  });

  test('finds one, several and one again under a value that they come to and leave', () => {
    const store = new Store({ indexes: { byColour } });
    const named = () => store.byIndex('byColour', 'red').map(({ metadata }) => metadata.name);
    const found: (readonly string[])[] = [];
    for (const name of ['v', 'w', 'x']) {
      store.put(painted(name, 'red', 'red'));
      found.push(named());
    }
    for (const name of ['v', 'x', 'w']) {
      store.remove({ namespace: 'a', name });
      found.push(named());
    }
    expect(found).toEqual([['v'], ['v', 'w'], ['v', 'w', 'x'], ['w', 'x'], ['w'], []]);
  });

  test('keeps objects of one name in two namespaces apart under one value', () => {
    const store = new Store({ indexes: { byColour } });
    const inB = widget('v', 2, { namespace: 'b', labels: { 0: 'red' } });
    store.put(painted('v', 'red'));
    store.put(inB);
    store.remove({ namespace: 'a', name: 'v' });
    expect(store.byIndex('byColour', 'red')).toEqual([inB]);
  });

  test('gives all of them as they are at one moment, and the same until there is a change', () => {
    const store = new Store();
    store.put(widget('v', 1));
    const first = store.all();
    expect(store.all()).toBe(first);
    store.put(widget('w', 1));
    expect([[...first.keys()], [...store.all().keys()]]).toEqual([['a/v'], ['a/v', 'a/w']]);
    store.remove({ namespace: 'a', name: 'v' });
    expect([...store.all().keys()]).toEqual(['a/w']);
  });

  test('knows no index that it was not given', () => {
    expect(() => new Store().byIndex('byColour', 'red')).toThrow('store: there is no index byColour');
  });

  test('freezes objects through and through, if asked to', () => {
    const object = painted('w', 'red');
    const store = new Store({ freeze: true });
    store.put(object);
    expect(Object.isFrozen(object.metadata.labels)).toBe(true);
    new Store().put(widget('x', 1));
    expect(Object.isFrozen(widget('x', 1))).toBe(false);
  });

  test('hands out lists that later changes leave alone', () => {
    const store = new Store({ indexes: { byColour } });
    store.put(painted('w', 'red'));
    const lists = [store.list(), store.byIndex('byColour', 'red')];
    store.remove({ namespace: 'a', name: 'w' });
    expect(lists.map(({ length }) => length)).toEqual([1, 1]);
  });
});
