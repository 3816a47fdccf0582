// The walker itself: a stretch of the walk, that it repeats, and that each oracle can object.
import { describe, expect, test } from 'vitest';

import { STATEFUL_SET } from '../../src/kube/kinds.ts';
import { inconsistencies } from './consistency.ts';
import { differences, normalForm } from './normal-form.ts';
import { place } from './place.ts';
import { PROPERTIES } from './properties.ts';
import { hintsFor, invalidValues } from './values.ts';
import { BASE, describeFailure, validSteps, walk } from './walk.ts';
import { KEY, WalkerWorld } from './world.ts';

describe('the walk', { timeout: 120_000 }, () => {
  test.for([
    ['spec.rollout.maxUnavailable', 12],
    ['spec.replicas', 12],
    ['spec.template.spec.containers[].image', 12],
  ] as const)('of %s finds nothing', async ([only, count]) => {
    const report = await walk({ seed: 1, count, only });
    expect(report.failures.map(describeFailure)).toEqual([]);
    expect(report.operations).toBeGreaterThan(2);
  });

  test('is the same walk from the same seed', async () => {
    const options = { seed: 7, count: 6, only: 'spec.service.ports[].port' };
    expect(await walk(options)).toEqual(await walk(options));
  });
});

describe('every property of the schema', () => {
  test('has a value to walk to, or is one that nobody may change', () => {
    const none = PROPERTIES.filter((property) => validSteps(property).length === 0).map(({ path }) => path);
    // A member, and a follower, runs for ever.
    expect(none).toEqual([
      'spec.template.spec.activeDeadlineSeconds',
      'spec.consumers[].template.spec.activeDeadlineSeconds',
    ]);
  });

  test('has a value that is refused', () => {
    expect(PROPERTIES.filter((property) => invalidValues(property).length < 3)).toEqual([]);
  });

  test('that a hint names is there', () => {
    const hinted = PROPERTIES.filter((property) => hintsFor(property).some((hint) => Object.keys(hint).length > 0));
    expect(hinted.length).toBeGreaterThan(20);
  });
});

test('a value is placed with what the schema requires beside it', () => {
  expect(place({}, 'spec.template.spec.volumes[].configMap.items[].mode', 420)).toMatchObject({
    spec: {
      template: { spec: { volumes: [{ name: 'x', configMap: { items: [{ key: 'x', path: 'x', mode: 420 }] } }] } },
    },
  });
});

describe('an oracle objects', { timeout: 60_000 }, () => {
  const settled = async (): Promise<WalkerWorld> => {
    const world = new WalkerWorld(1);
    world.apply(BASE);
    expect(await world.settle(() => inconsistencies(world.server.store))).toEqual([]);
    world.end();
    return world;
  };

  test('to a child that is not what the spec says, and to a status that does not tell of it', async () => {
    const { server } = await settled();
    const key = { ...KEY, name: 'web-1' };
    const before = normalForm(server.store);
    server.mergePatch(STATEFUL_SET, key, { spec: { replicas: 0 } }, { by: 'somebody', verb: 'patch' });
    expect(inconsistencies(server.store)).toEqual(['replicas of web-1: 0, wanted 1']);
    expect(differences(before, normalForm(server.store))).toEqual([
      '- StatefulSet/web-1.spec.replicas = 1',
      '+ StatefulSet/web-1.spec.replicas = 0',
    ]);
    server.delete(STATEFUL_SET, key, {}, { by: 'somebody', verb: 'delete' });
    expect(inconsistencies(server.store)).toContainEqual(expect.stringContaining('StatefulSets: ["web-0"'));
  });
});
