import { describe, expect, test } from 'vitest';

import { attach } from './attach.ts';
import { UNREGISTERED_DRIVER } from './classes.ts';
import { KNOB_PREFIX } from './knobs.ts';
import { always, attachment, boundClaim, never, volume, world } from './world.builders.ts';

const FINALIZER = 'external-attacher/sim-nodefleet-dev';
const DELETED = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const rule = attach({});
const path = '/apis/storage.k8s.io/v1/volumeattachments/csi-1';

describe('attach', () => {
  test('first makes sure that the attachment cannot vanish before the volume is detached', () => {
    expect(rule(world({ attachments: [attachment(false, { finalizers: ['theirs'] })] }), never)).toEqual([
      { method: 'PATCH', path, body: { metadata: { resourceVersion: '7', finalizers: ['theirs', FINALIZER] } } },
    ]);
  });

  test('says that the volume is attached once the delay is over', () => {
    const attachments = [attachment(false, { finalizers: [FINALIZER] })];
    expect(rule(world({ attachments }), never)).toEqual([]);
    expect(rule(world({ attachments }), always)).toEqual([
      {
        method: 'PATCH',
        path: `${path}/status`,
        body: { metadata: { resourceVersion: '7' }, status: { attached: true } },
      },
    ]);
  });

  test('has nothing to say about a volume that is attached', () => {
    expect(rule(world({ attachments: [attachment(true, { finalizers: [FINALIZER] })] }), always)).toEqual([]);
  });

  test('lets a deleted attachment go once the delay is over, and leaves the finalizers of others', () => {
    const attachments = [attachment(true, { finalizers: [FINALIZER, 'theirs'], ...DELETED })];
    expect(rule(world({ attachments }), never)).toEqual([]);
    expect(rule(world({ attachments }), always)).toEqual([
      { method: 'PATCH', path, body: { metadata: { resourceVersion: '7', finalizers: ['theirs'] } } },
    ]);
  });

  test('never attaches again what is being deleted', () => {
    expect(rule(world({ attachments: [attachment(false, { finalizers: ['theirs'], ...DELETED })] }), always)).toEqual(
      [],
    );
  });

  test('attaches for a driver without a CSIDriver object too', () => {
    const ours = attachment(false, { finalizers: [FINALIZER] });
    const attachments = [{ ...ours, spec: { ...ours.spec, attacher: UNREGISTERED_DRIVER } }];
    expect(rule(world({ attachments }), always)).toHaveLength(1);
  });

  test.for([
    { knob: 'attach', object: attachment(false, { finalizers: [FINALIZER] }) },
    { knob: 'detach', object: attachment(true, { finalizers: [FINALIZER], ...DELETED }) },
  ])('takes as long to $knob as the claim says', ({ knob, object }) => {
    const claim = boundClaim();
    const annotations = { [`${KNOB_PREFIX}${knob}`]: '3s' };
    const claims = [{ ...claim, metadata: { ...claim.metadata, annotations } }];
    const delays: number[] = [];
    const record = (_key: string, delayMs: number): boolean => delays.push(delayMs) < 0;
    rule(world({ claims, volumes: [volume()], attachments: [object] }), record);
    expect(delays).toEqual([3_000]);
  });

  test('leaves the attachments of other drivers alone', () => {
    const foreign = attachment(false);
    const attachments = [{ ...foreign, spec: { ...foreign.spec, attacher: 'example.com/nfs' } }];
    expect(rule(world({ attachments }), always)).toEqual([]);
  });

  test('takes a second each way unless told otherwise', () => {
    const attachments = [
      attachment(false, { finalizers: [FINALIZER] }),
      attachment(true, { finalizers: [FINALIZER], ...DELETED }),
    ];
    const delays: number[] = [];
    const record = (_key: string, delayMs: number): boolean => delays.push(delayMs) < 0;
    attach({})(world({ attachments }), record);
    attach({ attachDelayMs: 1, detachDelayMs: 2 })(world({ attachments }), record);
    expect(delays).toEqual([1_000, 1_000, 1, 2]);
  });
});
