import { describe, expect, test } from 'vitest';

import { NO_ATTACH_DRIVER } from './classes.ts';
import { KNOB_PREFIX } from './knobs.ts';
import { provision, reclaim } from './provision.ts';
import { always, attachment, boundClaim, pendingClaim, volume, world } from './world.builders.ts';

const DELETED = { deletionTimestamp: '2026-01-01T00:00:00Z' };

describe('provision', () => {
  test('makes a volume that is bound to this very claim', () => {
    expect(provision(world({ claims: [pendingClaim()] }), always)).toEqual([
      {
        method: 'POST',
        path: '/api/v1/persistentvolumes',
        body: expect.objectContaining({
          metadata: {
            name: 'pvc-uid-of-data',
            annotations: { 'pv.kubernetes.io/provisioned-by': 'sim.nodefleet.dev' },
          },
          spec: {
            accessModes: ['ReadWriteOnce'],
            capacity: { storage: '1Gi' },
            claimRef: {
              apiVersion: 'v1',
              kind: 'PersistentVolumeClaim',
              namespace: 'default',
              name: 'data',
              uid: 'uid-of-data',
            },
            csi: { driver: 'sim.nodefleet.dev', volumeHandle: 'uid-of-data' },
            persistentVolumeReclaimPolicy: 'Delete',
            storageClassName: 'standard',
            volumeMode: 'Filesystem',
          },
        }),
      },
    ]);
  });

  test.for([
    { storageClass: 'zonal', key: 'topology.kubernetes.io/zone', value: 'zone-a' },
    { storageClass: 'local', key: 'kubernetes.io/hostname', value: 'machine-0' },
  ])('ties a volume of class $storageClass to $key', ({ storageClass, key, value }) => {
    const [write] = provision(world({ claims: [pendingClaim(storageClass)] }), always);
    const nodeSelectorTerms = [{ matchExpressions: [{ key, operator: 'In', values: [value] }] }];
    expect(write?.body).toMatchObject({ spec: { nodeAffinity: { required: { nodeSelectorTerms } } } });
  });

  test('waits as long as the claim says, and otherwise not at all', () => {
    const claim = pendingClaim();
    const annotations = { ...claim.metadata.annotations, [`${KNOB_PREFIX}provision`]: '2s' };
    const slow = { ...claim, metadata: { ...claim.metadata, annotations } };
    const delays: number[] = [];
    const record = (_key: string, delayMs: number): boolean => delays.push(delayMs) < 0;
    for (const one of [claim, slow]) expect(provision(world({ claims: [one] }), record)).toEqual([]);
    expect(delays).toEqual([0, 2_000]);
  });

  test('serves the driver without attachment too', () => {
    const [write] = provision(world({ claims: [pendingClaim('no-attach', NO_ATTACH_DRIVER)] }), always);
    expect(write?.body).toMatchObject({ spec: { csi: { driver: NO_ATTACH_DRIVER } } });
  });

  test.for([
    { name: 'of another provisioner', claim: pendingClaim('standard', 'example.com/nfs') },
    {
      name: 'that nobody has prepared yet',
      claim: { ...pendingClaim(), metadata: { ...pendingClaim().metadata, annotations: {} } },
    },
    { name: 'that has a volume', claim: boundClaim() },
    {
      name: 'that is being deleted',
      claim: { ...pendingClaim(), metadata: { ...pendingClaim().metadata, ...DELETED } },
    },
  ])('leaves a claim $name alone', ({ claim }) => {
    expect(provision(world({ claims: [claim] }), always)).toEqual([]);
  });

  test('does not make a volume that exists', () => {
    expect(provision(world({ claims: [pendingClaim()], volumes: [volume()] }), always)).toEqual([]);
  });
});

describe('reclaim', () => {
  test('deletes a released volume, and no other of that name', () => {
    expect(reclaim(world({ volumes: [volume('Released')] }), always)).toEqual([
      {
        method: 'DELETE',
        path: '/api/v1/persistentvolumes/pvc-uid-of-data',
        body: { preconditions: { uid: 'uid-of-pvc-uid-of-data' } },
      },
    ]);
  });

  test('waits while the volume is attached, or just being detached', () => {
    const objects = { volumes: [volume('Released')], attachments: [attachment(false, DELETED)] };
    expect(reclaim(world(objects), always)).toEqual([]);
  });

  test.for([
    { name: 'bound', volumes: [volume('Bound')] },
    { name: 'to be retained', volumes: [{ ...volume('Released'), spec: { persistentVolumeReclaimPolicy: 'Retain' } }] },
    { name: "someone else's", volumes: [volume('Released', 'example.com/nfs')] },
  ])('keeps a volume that is $name', ({ volumes }) => {
    expect(reclaim(world({ volumes }), always)).toEqual([]);
  });
});
