// What a test tells the simulated storage about one volume, at any time, by annotations on its claim or on the volume.
//
//   sim.nodefleet.dev/provision   from the moment it is the provisioner's turn until the volume exists (claim only)
//   sim.nodefleet.dev/attach      from the VolumeAttachment's creation until it says that it is attached
//   sim.nodefleet.dev/unmount     from the end or removal of the volume's last pod on a machine until the machine stops naming
//                                 the volume in `volumesInUse`: a process that goes on writing after its pod is gone. So
//                                 long the real attach/detach controller does not ask for it to be detached
//   sim.nodefleet.dev/detach      from the VolumeAttachment's deletion until it is gone
//   sim.nodefleet.dev/expand      from the moment that the claim says Resizing until the volume has grown, or is found not to be
//                                 able to (claim only)
//
// The value is a duration such as `3s` or `500ms`, or `never`: until the annotation is changed or removed, which takes
// effect at once. What is no duration means `never` too. The volume's annotation goes before its claim's.
import type { StoredClaim, StoredVolume } from '../../../src/kube/kinds.ts';
import type { World } from './world.ts';

export const KNOB_PREFIX = 'sim.nodefleet.dev/';

export type Knob = 'provision' | 'attach' | 'unmount' | 'detach' | 'expand';

/** Milliseconds that a step with this volume takes; `defaultMs` where nobody has said anything. */
export function delayOf(knob: Knob, volume: StoredVolume | undefined, world: World, defaultMs: number): number {
  const { namespace = '', name = '' } = volume?.spec?.claimRef ?? {};
  const claim = world.claim({ namespace, name });
  return parseDelay(saidBy(volume, knob) ?? saidBy(claim, knob), defaultMs);
}

/** As `delayOf`, for a claim that has no volume yet. */
export function claimDelayOf(knob: Knob, claim: StoredClaim, defaultMs: number): number {
  return parseDelay(saidBy(claim, knob), defaultMs);
}

function saidBy(object: StoredVolume | StoredClaim | undefined, knob: Knob): string | undefined {
  return object?.metadata.annotations?.[`${KNOB_PREFIX}${knob}`];
}

function parseDelay(value: string | undefined, defaultMs: number): number {
  if (value === undefined) return defaultMs;
  const [, digits, unit] = /^(\d+)(ms|s)$/.exec(value) ?? [];
  if (digits === undefined) return Infinity;
  return Number(digits) * (unit === 's' ? 1_000 : 1);
}
