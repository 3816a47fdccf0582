import { describe, expect, test } from 'vitest';

import { ANNOTATION, LABEL } from '../../api/v1alpha1/names.ts';
import type { StoredClaim } from '../../kube/kinds.ts';
import { type Observed, isWanted } from '../observed.ts';
import { isClaimOf, planClaim, refuseClaim, resizeTrouble } from './claims.ts';
import { STORAGE, at, claim, deployment, observe } from '../testing/build.ts';

const fleet = deployment({ storage: STORAGE });
const first = (observed: Observed) =>
  observed.members.find((member) => isWanted(observed.deployment, member)) ?? expect.fail('no member');

describe('planClaim', () => {
  const outcome = (observed: Observed): string => {
    const refusal = refuseClaim(observed.deployment, first(observed));
    const actions = planClaim(observed, first(observed)).map(({ type }) => type);
    expect(actions.length === 0 || refusal === undefined).toBe(true);
    return refusal === undefined
      ? actions.join() || 'use'
      : `${refusal.reason}${refusal.stalled === undefined ? '' : '!'}`;
  };
  const own = claim(fleet, 0);
  const leftBehind = claim(fleet, 0, { metadata: { annotations: { [ANNOTATION.deploymentUid]: 'former-uid' } } });
  const foreign = claim(fleet, 0, { metadata: { annotations: {}, labels: { app: 'other' } } });
  const ofAnother = claim(fleet, 0, {
    metadata: { annotations: {}, labels: { [LABEL.managedBy]: 'nodefleet', [LABEL.member]: 'other-0' } },
  });
  const terminating = claim(fleet, 0, { metadata: { deletionTimestamp: at(-1) } });
  const lost = claim(fleet, 0, { status: { phase: 'Lost' } });
  const annotations = {};
  const shared = claim(fleet, 0, { metadata: { annotations }, spec: { accessModes: ['ReadWriteMany'] } });
  const block = claim(fleet, 0, { metadata: { annotations }, spec: { volumeMode: 'Block' } });
  const bare = claim(fleet, 0, { status: { phase: 'Pending' }, spec: { volumeName: '' } });

  test.for<[name: string, existing: StoredClaim | undefined, own: string, any: string, reject: string]>([
    ['no claim: made', undefined, 'Apply', 'Apply', 'Apply'],
    ['its own', own, 'use', 'use', 'use'],
    ['its own, waiting for its first consumer', bare, 'use', 'use', 'use'],
    ['left behind by a former fleet of this name', leftBehind, 'Apply', 'Apply', 'ForeignClaim!'],
    ["somebody else's", foreign, 'ForeignClaim!', 'Apply', 'ForeignClaim!'],
    ["another fleet's", ofAnother, 'ForeignClaim!', 'Apply', 'ForeignClaim!'],
    ['left behind, with another access mode', shared, 'ClaimMismatch!', 'ClaimMismatch!', 'ForeignClaim!'],
    ['left behind, a block device', block, 'ClaimMismatch!', 'ClaimMismatch!', 'ForeignClaim!'],
    ['its own, being deleted', terminating, 'ClaimTerminating', 'ClaimTerminating', 'ClaimTerminating'],
    ['its own, without its volume', lost, 'ClaimLost!', 'ClaimLost!', 'ClaimLost!'],
  ])('%s', ([, existing, adoptOwn, adoptAny, reject]) => {
    const answers = (['AdoptOwn', 'AdoptAny', 'Reject'] as const).map((existingClaims) => {
      const owner = deployment({ storage: { ...STORAGE, existingClaims } });
      const observed = observe(owner, { claims: existing === undefined ? [] : [existing] });
      return outcome(observed);
    });
    expect(answers).toEqual([adoptOwn, adoptAny, reject]);
  });

  test('adoption writes its own uid on the claim, fenced by the version read', () => {
    const observed = observe(fleet, { claims: [leftBehind] });
    const [adopt] = planClaim(observed, first(observed));
    expect(adopt).toMatchObject({
      purpose: 'Ensure',
      fence: { uid: leftBehind.metadata.uid, resourceVersion: '1' },
      object: { metadata: { annotations: { [ANNOTATION.deploymentUid]: 'web-uid' } } },
    });
  });

  test.for<[name: string, wanted: string | undefined, has: string | undefined, answer: string]>([
    ['the default class takes what there is', undefined, 'fast', 'Apply'],
    ['the same class', 'fast', 'fast', 'Apply'],
    ['another class', 'fast', 'slow', 'ClaimMismatch!'],
    ['no provisioning, and a claim that has a class', '', 'slow', 'ClaimMismatch!'],
    ['no provisioning, and a claim that has none', '', '', 'Apply'],
  ])('storageClassName of a claim left behind: %s', ([, wanted, has, answer]) => {
    const owner = deployment({ storage: { ...STORAGE, ...(wanted !== undefined && { storageClassName: wanted }) } });
    const existing = claim(owner, 0, {
      metadata: { annotations: {} },
      spec: has === undefined ? {} : { storageClassName: has },
    });
    expect(outcome(observe(owner, { claims: [existing] }))).toBe(answer);
  });

  test('a fleet without storage has no claims', () => {
    const observed = observe(deployment());
    expect(planClaim(observed, first(observed))).toEqual([]);
  });

  test('what it refuses, it names: the claim, the field and the remedy', () => {
    const observed = observe(fleet, { claims: [foreign] });
    expect(refuseClaim(fleet, first(observed))).toMatchObject({
      message: expect.stringMatching(/claim web-0 .*existingClaims.*AdoptAny/),
    });
  });

  test('a claim is its own by uid, not by name', () => {
    expect([isClaimOf(fleet, own), isClaimOf(fleet, leftBehind)]).toEqual([true, false]);
  });
});

describe('the size of an existing claim', () => {
  const GI = { phase: 'Bound', capacity: { storage: '10Gi' } };
  const LARGE = { phase: 'Bound', capacity: { storage: '20Gi' } };
  const refused = { ...GI, allocatedResourceStatuses: { storage: 'ControllerResizeInfeasible' } };
  test.for<[name: string, wants: string, requests: string, status: StoredClaim['status'], asks: string]>([
    ['grows with the spec', '20Gi', '10Gi', GI, '20Gi'],
    ['is left alone before it is bound: the API server forbids a change', '20Gi', '10Gi', { phase: 'Pending' }, 'same'],
    ['keeps the growth of somebody else', '10Gi', '30Gi', GI, 'same'],
    ['grows beyond the growth of somebody else', '40Gi', '30Gi', GI, '40Gi'],
    ['is left alone where the volume is larger than it', '15Gi', '10Gi', LARGE, 'same'],
    ['says the same in other words', '10240Mi', '10Gi', GI, 'same'],
    ['is lowered out of a growth that the storage refuses', '15Gi', '99Gi', refused, '15Gi'],
    ['is not lowered to the capacity: the API server forbids that', '10Gi', '99Gi', refused, 'same'],
    ['keeps asking for a growth that the storage refuses while the spec does', '99Gi', '99Gi', refused, 'same'],
  ])('%s', ([, size, storage, status, asks]) => {
    const owner = deployment({ storage: { ...STORAGE, size } });
    const existing = claim(owner, 0, { spec: { resources: { requests: { storage } } }, ...(status && { status }) });
    const observed = observe(owner, { claims: [existing] });
    const resized = planClaim(observed, first(observed)).map(({ purpose, object }) => [
      purpose,
      (object as StoredClaim).spec?.resources?.requests?.['storage'],
    ]);
    expect(resized).toEqual(asks === 'same' ? [] : [['Resize', asks]]);
  });

  test('is changed after an adoption, by a write of its own', () => {
    const owner = deployment({ storage: { ...STORAGE, size: '20Gi' } });
    const leftBehind = claim(fleet, 0, { metadata: { annotations: { [ANNOTATION.deploymentUid]: 'former-uid' } } });
    const observed = observe(owner, { claims: [leftBehind] });
    expect(planClaim(observed, first(observed)).map(({ purpose }) => purpose)).toEqual(['Ensure']);
  });

  test('that the storage refuses is trouble, with the remedy, until the spec asks for no more than there is', () => {
    const judge = (size: string) => {
      const owner = deployment({ storage: { ...STORAGE, size } });
      const spec = { resources: { requests: { storage: '99Gi' } } };
      const observed = observe(owner, { claims: [claim(owner, 0, { spec, status: refused })] });
      return resizeTrouble(observed, first(observed));
    };
    expect(judge('99Gi')).toMatchObject({
      stalled: 'ResizeInfeasible',
      message: expect.stringMatching(/claim web-0 .*10Gi to 99Gi.*spec.storage.size/),
    });
    expect(judge('10Gi')).toBeUndefined();
  });
});
