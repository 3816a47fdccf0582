// Scenarios 3, 14 and 16: what becomes of claims when their fleet goes, shrinks and grows, and when somebody deletes
// them.
import { describe, expect, test } from 'vitest';

import { CLAIM, POD, SERVICE, STATEFUL_SET } from '../../../src/kube/kinds.ts';
import { deletedClaims, doomedMounts } from '../support/claims.ts';
import { eventually } from '../support/eventually.ts';
import { condition, expectReady, fleet, toImage } from '../support/fleets.ts';
import { delay } from '../support/knobs.ts';
import { claimUids, imagesOf, namesOf, readyFleet, untilAllRun, untilReady, volumesOf } from '../support/stage.ts';
import { findDoubleUse } from '../support/truth.ts';

describe('scenario 3: a NodeDeployment deleted under Retain and created again has the same claims (cloudnative-pg#8442)', () => {
  test.for([{ cascade: 'background' }, { cascade: 'foreground' }, { cascade: 'orphan' }])(
    'with propagation policy $cascade',
    async ({ cascade }) => {
      const { cluster, truth, volumes } = await readyFleet({ replicas: 2, storage: {} });
      const before = await claimUids(cluster);
      const old = await cluster.nd('web');

      await cluster.kubectl(['delete', 'nd/web', `--cascade=${cascade}`, '--timeout=30s']);
      // What kubectl orphans runs on and is nobody's: a new fleet refuses it until somebody has deleted it.
      if (cascade === 'orphan') {
        expect(await namesOf(cluster, STATEFUL_SET)).toEqual(['web-0', 'web-1']);
        await cluster.kubectl(['delete', 'statefulset,service', '--all', '--wait=false']);
      }
      await cluster.apply(fleet({ replicas: 2, storage: {} }));
      const { metadata } = await untilReady(cluster);

      expect(metadata.uid).not.toBe(old.metadata.uid);
      expect(await claimUids(cluster)).toEqual(before);
      expect(await volumesOf(cluster)).toEqual(volumes);
      await truth.caughtUp();
      expect(deletedClaims(truth)).toEqual([]);
      expect(findDoubleUse(truth, volumes)).toEqual([]);
    },
  );
});

describe('scenario 14: a fleet scaled from 3 to 1 and back to 3', () => {
  test('under onScaleDown Retain has the same claims, listed while they are unused, and waits for their volumes', async () => {
    const { cluster, truth, volumes } = await readyFleet({ replicas: 3, storage: {} });
    const before = await claimUids(cluster);
    await delay(cluster, 'web-2', 'detach', 'never');
    await cluster.kubectl(['scale', 'nd/web', '--replicas=1']);
    await eventually(async () => {
      const { status } = expectReady(await cluster.nd('web'));
      expect(status).toMatchObject({
        replicas: 1,
        members: [{ name: 'web-0' }],
        retainedClaims: [
          { name: 'web-1', uid: before['web-1'], size: '1Gi', reason: 'ScaledDown' },
          { name: 'web-2', uid: before['web-2'], size: '1Gi', reason: 'ScaledDown' },
        ],
      });
      for (const kind of [STATEFUL_SET, SERVICE]) expect(await namesOf(cluster, kind)).toEqual(['web-0']);
    });
    await cluster.kubectl(['scale', 'nd/web', '--replicas=3']);
    await eventually(async () => {
      const [, , last] = (await cluster.nd('web')).status?.members ?? [];
      expect(last).toMatchObject({ name: 'web-2', reason: 'AwaitingDetach' });
    });
    await delay(cluster, 'web-2', 'detach', undefined);
    const { status } = await untilReady(cluster);
    expect(status?.retainedClaims).toBeUndefined();
    expect(await claimUids(cluster)).toEqual(before);
    await truth.caughtUp();
    expect(deletedClaims(truth)).toEqual([]);
    expect(findDoubleUse(truth, volumes)).toEqual([]);
  });

  test('under onScaleDown Delete has new claims, and starts no pod on one that is going', async () => {
    const storage = { retention: { onScaleDown: 'Delete' } };
    const { cluster, truth } = await readyFleet({ replicas: 3, storage });
    const before = await claimUids(cluster);
    await cluster.kubectl(['scale', 'nd/web', '--replicas=1']);
    await eventually(async () => expect(Object.keys(await claimUids(cluster))).not.toContain('web-2'));
    // While the old claims may still be going.
    await cluster.kubectl(['scale', 'nd/web', '--replicas=3']);
    await untilReady(cluster);
    const after = await claimUids(cluster);
    expect(after['web-0']).toBe(before['web-0']);
    expect(after['web-2']).not.toBe(before['web-2']);
    await truth.caughtUp();
    expect(doomedMounts(truth)).toEqual([]);
    expect(findDoubleUse(truth, await volumesOf(cluster))).toEqual([]);
  });
});

describe('scenario 16: a claim in use that the user deletes', () => {
  test('is kept, with its data, as long as its pod runs, which no rollout ends; then the member has a new one', async () => {
    const { cluster, truth } = await readyFleet({ replicas: 2, storage: {} });
    const before = await cluster.read(CLAIM, 'web-1');
    const pod = await cluster.read(POD, 'web-1-0');
    await cluster.kubectl(['delete', 'pvc/web-1', '--wait=false']);
    await eventually(async () => {
      const verdict = condition(await cluster.nd('web'), 'StorageReady');
      expect(verdict).toMatchObject({ status: 'False', reason: 'ClaimTerminating' });
      expect(verdict?.message).toContain('web-1');
    });

    // A new image stops the other member, not this one.
    await cluster.patch('web', toImage('web:2'));
    await eventually(async () => {
      expect(await imagesOf(cluster)).toEqual(['web:2', 'web:1']);
      expect((await cluster.nd('web')).status?.members).toMatchObject([
        { name: 'web-0', phase: 'Running' },
        { name: 'web-1', phase: 'Running', reason: 'ClaimTerminating', podUID: pod.metadata.uid },
      ]);
    });
    expect((await cluster.read(CLAIM, 'web-1')).metadata.uid).toBe(before.metadata.uid);

    // The user has made a backup, and lets go.
    await cluster.kubectl(['delete', 'pod/web-1-0', '--wait=false']);
    await untilAllRun(cluster, 'web:2');
    expect((await cluster.read(CLAIM, 'web-1')).metadata.uid).not.toBe(before.metadata.uid);
    await truth.caughtUp();
    expect(findDoubleUse(truth, await volumesOf(cluster))).toEqual([]);
  });
});
