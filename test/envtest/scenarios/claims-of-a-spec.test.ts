// Claims that were there before their fleet, are left behind by it, or are taken from it.
import { describe, expect, test } from 'vitest';

import { FIELD_MANAGER } from '../../../src/api/v1alpha1/names.ts';
import { CLAIM, POD, STATEFUL_SET } from '../../../src/kube/kinds.ts';
import { deletedClaims, doomedMounts } from '../support/claims.ts';
import { newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { expectReady, fleet } from '../support/fleets.ts';
import { startOperator } from '../support/operator.ts';
import { claimUids, namesOf, readyFleet, untilReady, volumesOf } from '../support/stage.ts';
import { findDoubleUse } from '../support/truth.ts';
import { untilSays } from '../support/verdicts.ts';

function foreignClaim(name: string, spec: object): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  };
}

async function claimsWrittenByUs({ client, namespace }: Cluster): Promise<readonly string[]> {
  const claims = await client.list(CLAIM, { namespace });
  const ours = claims.filter(({ metadata }) =>
    metadata.managedFields?.some(({ manager }) => manager === FIELD_MANAGER),
  );
  return ours.map(({ metadata }) => metadata.name).toSorted();
}

describe('claims that somebody has made with kubectl', () => {
  test('are refused, with what does not fit, and left as they are; those that fit are taken', async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    await cluster.apply(foreignClaim('web-0', { accessModes: ['ReadWriteMany'] }));
    await cluster.apply(foreignClaim('web-1', { storageClassName: 'zonal' }));
    await cluster.apply(foreignClaim('web-2', { volumeMode: 'Block' }));
    await cluster.apply(foreignClaim('web-3', {}));
    const before = await claimUids(cluster);
    const storage = { storageClassName: 'standard', existingClaims: 'AdoptAny' };
    await cluster.apply(fleet({ replicas: 4, storage }));
    const misfit = (name: string, says: string) => {
      const message = expect.stringContaining(`claim ${name} exists and does not fit: its ${says}`);
      return { name, reason: 'ClaimMismatch', message };
    };
    await eventually(async () =>
      expect((await cluster.nd('web')).status?.members).toMatchObject([
        misfit('web-0', 'access modes are ReadWriteMany, and spec.storage.accessMode is ReadWriteOnce'),
        misfit('web-1', 'storage class is "zonal", and spec.storage.storageClassName is "standard"'),
        misfit('web-2', 'volumeMode is Block'),
        { name: 'web-3', phase: 'Running' },
      ]),
    );
    await untilSays(cluster, 'Stalled', 'True/ForeignClaim', 'web-0.*\\(and 2 more\\)');
    expect(await namesOf(cluster, STATEFUL_SET)).toEqual(['web-3']);
    expect(await claimUids(cluster)).toEqual(before);
    expect(await claimsWrittenByUs(cluster)).toEqual(['web-3']);
  });

  test('are never taken under Reject, not even those that the fleet left behind itself', async () => {
    const { cluster } = await readyFleet({ storage: {} });
    const before = await claimUids(cluster);
    await cluster.kubectl(['delete', 'nd/web']);
    await cluster.apply(fleet({ storage: { existingClaims: 'Reject' } }));
    await untilSays(cluster, 'Stalled', 'True/ForeignClaim', 'claim web-0 .*existingClaims is Reject');
    await cluster.patch('web', { spec: { storage: { existingClaims: 'AdoptOwn' } } });
    await untilReady(cluster);
    expect(await claimUids(cluster)).toEqual(before);
  });
});

describe('status.retainedClaims', () => {
  test('tells at each step of 3 → 1 → 2 which claims are left behind, and since when', async () => {
    const { cluster, truth } = await readyFleet({ replicas: 3, storage: {} });
    const uids = await claimUids(cluster);
    const entry = (name: string) => ({ name, uid: uids[name], size: '1Gi', reason: 'ScaledDown' });
    const untilRetained = (replicas: number, ...names: readonly string[]) =>
      eventually(async () => {
        const { status } = expectReady(await cluster.nd('web'));
        expect(status?.replicas).toBe(replicas);
        expect(status?.retainedClaims).toMatchObject(names.map(entry));
        return status?.retainedClaims ?? [];
      });
    await cluster.kubectl(['scale', 'nd/web', '--replicas=1']);
    const [, before] = await untilRetained(1, 'web-1', 'web-2');
    await cluster.kubectl(['scale', 'nd/web', '--replicas=2']);
    expect(await untilRetained(2, 'web-2')).toEqual([before]);
    expect(await claimUids(cluster)).toEqual(uids);
    await truth.caughtUp();
    expect(deletedClaims(truth)).toEqual([]);
  });
});

describe('a claim that the user deletes while its fleet is suspended', () => {
  test('is made anew, empty, and the member starts on the new one', async () => {
    const { cluster, truth } = await readyFleet({ storage: {} });
    const before = await claimUids(cluster);
    await cluster.patch('web', { spec: { suspend: true } });
    await eventually(async () => expect(await namesOf(cluster, POD)).toEqual([]));
    await cluster.kubectl(['delete', 'pvc/web-0', '--timeout=30s']);
    await untilSays(cluster, 'StorageReady', 'False/ClaimsPending', 'web-0');
    await cluster.patch('web', { spec: { suspend: false } });
    await untilReady(cluster);
    expect((await claimUids(cluster))['web-0']).not.toBe(before['web-0']);
    await truth.caughtUp();
    expect(doomedMounts(truth)).toEqual([]);
    expect(findDoubleUse(truth, await volumesOf(cluster))).toEqual([]);
  });
});
