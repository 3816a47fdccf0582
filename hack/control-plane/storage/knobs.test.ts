import { expect, test } from 'vitest';

import { claimDelayOf, delayOf } from './knobs.ts';
import { boundClaim, pendingClaim, volume, world } from './world.builders.ts';

const DEFAULT_MS = 7;

function saying<T extends { readonly metadata: object }>(object: T, value?: string): T {
  const annotations = value === undefined ? {} : { 'sim.nodefleet.dev/detach': value };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

test.for([
  { name: 'nobody says anything', delayMs: DEFAULT_MS },
  { name: 'the claim says 3s', claim: '3s', delayMs: 3_000 },
  { name: 'the volume says 500ms', volume: '500ms', delayMs: 500 },
  { name: 'the volume says otherwise than the claim', claim: '3s', volume: '0s', delayMs: 0 },
  { name: 'the claim says never', claim: 'never', delayMs: Infinity },
  { name: 'the claim says what is no duration', claim: '3 s', delayMs: Infinity },
])('when $name, it takes $delayMs ms', ({ claim, volume: said, delayMs }) => {
  const objects = { claims: [saying(boundClaim(), claim)], volumes: [saying(volume(), said)] };
  expect(delayOf('detach', objects.volumes[0], world(objects), DEFAULT_MS)).toBe(delayMs);
});

test('a volume without a claim, and no volume at all, take as long as ever', () => {
  expect(delayOf('detach', { ...volume(), spec: {} }, world(), DEFAULT_MS)).toBe(DEFAULT_MS);
  expect(delayOf('detach', undefined, world(), DEFAULT_MS)).toBe(DEFAULT_MS);
});

test('a claim without a volume speaks for itself', () => {
  expect(claimDelayOf('detach', saying(pendingClaim(), 'never'), DEFAULT_MS)).toBe(Infinity);
});
