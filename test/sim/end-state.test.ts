// Two ends are the same, or the lines that differ are told. That the comparison is one of something: the end of a run.
import { expect, test } from 'vitest';

import { replay } from './choices.ts';
import { differences } from './end-state.ts';
import { simulate } from './run.ts';

const fleet = (image: string) => ({ replicas: 2, template: { spec: { containers: [{ name: 'app', image }] } } });

async function endOf(image: string, seed: number): Promise<readonly string[]> {
  return (await simulate({ seed, source: replay({}), fleet: fleet(image) })).end;
}

test('the end of a fleet does not depend on the seed, and tells of all that its spec has asked for', async () => {
  const [one, again, other] = [await endOf('app:1', 1), await endOf('app:1', 2), await endOf('app:2', 1)];
  expect(differences(one, again)).toEqual([]);
  expect(one.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    expect.stringContaining('NodeDeployment'),
    'Pod web-0-0',
    'Pod web-1-0',
    'PodDisruptionBudget web',
    'Service web-0',
    'Service web-1',
    'StatefulSet web-0',
    'StatefulSet web-1',
  ]);
  expect(differences(one, other)).toContainEqual(expect.stringMatching(/^\+ StatefulSet web-0 .*app:1/));
  expect(differences(one, other)).toContainEqual(expect.stringMatching(/^- StatefulSet web-0 .*app:2/));
});
