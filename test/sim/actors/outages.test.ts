// A machine that fails does to its pods what Kubernetes does, and the fleet comes back once the machine does.
import { expect, test } from 'vitest';

import { replay, type Tape } from '../choices.ts';
import { simulate } from '../run.ts';

const LONG = { 'world.chaos@0': 2, 'world.outage-lasts@0': 2 };
const SILENT = { 'fault.machine@2': 1, ...LONG };
const OFF = { 'fault.machine@2': 2, ...LONG };

/** What happens in that order, by the lines of the log that hold these words; and whether an invariant breaks. */
async function happens(tape: Tape, words: readonly string[]): Promise<readonly unknown[]> {
  const lines: string[] = [];
  const { breach } = await simulate({ seed: 1, source: replay(tape), onLine: (line) => void lines.push(line) });
  const at = words.map((word) => lines.findIndex((line) => line.includes(word)));
  return [breach, words.filter((_, index) => (at[index] ?? -1) <= (index === 0 ? -1 : (at[index - 1] ?? -1)))];
}

test.for([
  [
    'falls silent is not Ready, and its pods are evicted and go once it is back',
    SILENT,
    [
      'machine m1 is silent',
      'node-lifecycle-controller update MODIFIED Node m1',
      'node-lifecycle-controller delete MODIFIED Pod web-0-0',
      'machine m1 is back',
      'kubelet delete DELETED Pod web-0-0',
    ],
  ],
  [
    'is off keeps its pods until it is back, as nobody says that it is',
    OFF,
    ['machine m1 is off', 'machine m1 is back', 'kubelet delete DELETED Pod web-0-0'],
  ],
  [
    'is said to be out of service loses its pods, which start elsewhere meanwhile',
    { ...OFF, 'world.out-of-service@0': 1 },
    [
      'machine m1 is off',
      'machine m1 is said to be out of service',
      'pod-garbage-collector delete DELETED Pod web-0-0',
      'attach-detach update DELETED VolumeAttachment',
      'machine m1 is back',
    ],
  ],
] as const)('a machine that %s', async ([, tape, words]) => {
  expect(await happens(tape, words)).toEqual([undefined, []]);
});

test('a process outlives its pod where that is removed by force from a silent machine, and no operator starts a member beside it', async () => {
  const image = { 'edit.act@20': 1, 'edit.act@21': 17 };
  const words = ['machine m1 is silent', 'people: image', 'people: force-pod', 'machine m1 is back'];
  expect(await happens({ ...SILENT, ...image }, words)).toEqual([undefined, []]);
});
