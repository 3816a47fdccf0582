import { describe, expect, test } from 'vitest';

import { ANNOTATION, LABEL } from '../../api/v1alpha1/names.ts';
import { storageSchema } from '../../api/v1alpha1/spec.ts';
import { NOW, STORAGE, at, claim as storedClaim, deployment } from '../testing/build.ts';
import { claim } from './claim.ts';
import { desire, share } from './desire.ts';
import { service } from './service.ts';
import { replicasOnly, statefulSet, surgeStatefulSet } from './stateful-set.ts';

const LABELS = {
  [LABEL.appName]: 'web',
  [LABEL.managedBy]: 'nodefleet',
  [LABEL.deployment]: 'web',
  [LABEL.member]: 'web-0',
};
const fleet = deployment({ storage: STORAGE });
const STORAGE_OF = storageSchema.parse(STORAGE);
const requestOf = (object: ReturnType<typeof claim>) => object.spec?.resources?.requests?.['storage'];

describe('the claim of a member', () => {
  test.for([
    ['a new claim', undefined],
    ['an existing one', storedClaim(fleet, 0)],
    ['one that somebody gave an owner', storedClaim(fleet, 0, { metadata: { ownerReferences: [] } })],
  ] as const)('never has an owner reference: %s', ([, existing]) => {
    expect(claim(fleet, STORAGE_OF, 'web-0', existing).metadata).not.toHaveProperty('ownerReferences');
  });

  test('is linked by labels and by the uid of its NodeDeployment', () => {
    expect(claim(fleet, STORAGE_OF, 'web-0', undefined).metadata).toEqual({
      name: 'web-0',
      namespace: 'default',
      labels: LABELS,
      annotations: { [ANNOTATION.deploymentUid]: 'web-uid' },
    });
  });

  test("takes none of the NodeDeployment's own labels and annotations: a GitOps prune would follow them", () => {
    const tracked = deployment({ storage: STORAGE }, { labels: { track: 'x' }, annotations: { track: 'x' } });
    const { metadata } = claim(tracked, STORAGE_OF, 'web-0', undefined);
    expect({ ...metadata?.labels, ...metadata?.annotations }).not.toHaveProperty('track');
  });

  test('says no class where the spec says none', () => {
    expect(claim(fleet, STORAGE_OF, 'web-0', undefined).spec).not.toHaveProperty('storageClassName');
  });

  test.for(['', 'fast'])('says class %j where the spec says so', (storageClassName) => {
    const { storage } = deployment({ storage: { ...STORAGE, storageClassName } }).spec;
    expect(claim(fleet, storage ?? STORAGE_OF, 'web-0', undefined).spec?.storageClassName).toBe(storageClassName);
  });

  test('repeats class and access modes of an existing claim: they are immutable', () => {
    const existing = storedClaim(fleet, 0, { spec: { storageClassName: '', accessModes: ['ReadWriteMany'] } });
    expect(claim(fleet, STORAGE_OF, 'web-0', existing).spec).toMatchObject({
      storageClassName: '',
      accessModes: ['ReadWriteMany'],
    });
  });

  test("never sends volumeName: it is the binder's", () => {
    expect(claim(fleet, STORAGE_OF, 'web-0', storedClaim(fleet, 0)).spec).not.toHaveProperty('volumeName');
  });

  test('keeps the request that there is, unless it is to be resized', () => {
    const existing = storedClaim(fleet, 0, { spec: { resources: { requests: { storage: '30Gi' } } } });
    expect(requestOf(claim(fleet, STORAGE_OF, 'web-0', existing))).toBe('30Gi');
    expect(requestOf(claim(fleet, STORAGE_OF, 'web-0', existing, '40Gi'))).toBe('40Gi');
  });
});

describe('the StatefulSet of a member', () => {
  const set = statefulSet(fleet, 'web-0', 'r1');

  test('never rolls out by itself', () => {
    expect(set.spec).toMatchObject({
      replicas: 1,
      updateStrategy: { type: 'OnDelete' },
      podManagementPolicy: 'Parallel',
      serviceName: 'web-0',
    });
  });

  test('never has a pod affinity that the user did not write', () => {
    const pods = [set, surgeStatefulSet(fleet, 'web-0', 'r1')].map(({ spec }) => spec?.template.spec);
    for (const pod of pods) expect(pod).not.toHaveProperty('affinity');
  });

  test('has no claim templates: the pod mounts the claim by name', () => {
    expect(set.spec).not.toHaveProperty('volumeClaimTemplates');
  });

  test('is controlled by its NodeDeployment and labelled', () => {
    expect(set.metadata).toMatchObject({ name: 'web-0', namespace: 'default', labels: LABELS });
    expect(set.metadata?.ownerReferences).toMatchObject([{ kind: 'NodeDeployment', uid: 'web-uid', controller: true }]);
  });

  test('selects its own pods', () => {
    expect(set.spec?.template.metadata?.labels).toMatchObject(set.spec?.selector.matchLabels ?? { no: 'selector' });
  });

  test('carries a hash that changes with what is applied', () => {
    const hash = (object: typeof set) => object.metadata?.annotations?.[ANNOTATION.appliedHash];
    expect(hash(statefulSet(fleet, 'web-0', 'r1'))).toBe(hash(set));
    expect(hash(statefulSet(fleet, 'web-0', 'r2'))).not.toBe(hash(set));
  });

  test("has a surge twin that the member's Service selects and the member's StatefulSet does not own", () => {
    const surge = surgeStatefulSet(fleet, 'web-0', 'r1');
    expect(surge.metadata?.name).toBe('web-0-surge');
    expect(surge.spec?.template.metadata?.labels).toMatchObject(
      service(fleet, 'web-0').spec?.selector ?? { no: 'selector' },
    );
    expect(surge.spec?.selector.matchLabels).toEqual({ [LABEL.member]: 'web-0', [LABEL.surge]: 'true' });
  });

  test('is stopped without a word about its template, and leaves the time behind', () => {
    const stopped = replicasOnly(fleet, 'web-0', 0, NOW);
    expect(stopped.spec).toEqual({ replicas: 0 });
    expect(stopped.metadata?.annotations).toEqual({ [ANNOTATION.quiescedAt]: at(0) });
  });

  test('is resumed without a word about its template', () => {
    expect(replicasOnly(fleet, 'web-0', 1, NOW).spec).toEqual({ replicas: 1 });
  });
});

describe('the Service of a member', () => {
  test('is headless and names the member before it is Ready', () => {
    const owner = deployment({ service: { ports: [{ port: 8545 }], annotations: { a: 'b' } } });
    const { spec, metadata } = service(owner, 'web-0');
    expect(spec).toEqual({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: { [LABEL.member]: 'web-0' },
      ports: [{ port: 8545, protocol: 'TCP' }],
    });
    expect(metadata).toMatchObject({ labels: LABELS, annotations: { a: 'b' } });
  });

  test('says no ports where the spec has none', () => {
    expect(service(deployment(), 'web-0').spec).not.toHaveProperty('ports');
  });
});

describe('desire', () => {
  test.for([
    ['surges without storage', {}, true],
    ['surges on volumes that many may write', { storage: { ...STORAGE, accessMode: 'ReadWriteMany' as const } }, true],
    ['never surges on ReadWriteOnce', { storage: STORAGE, rollout: { strategy: 'RollingUpdate' as const } }, false],
    ['never surges on ReadWriteOncePod', { storage: { ...STORAGE, accessMode: 'ReadWriteOncePod' as const } }, false],
    ['does not surge under Recreate', { rollout: { strategy: 'Recreate' as const } }, false],
    ['does not surge where maxSurge is 0', { rollout: { maxSurge: 0 } }, false],
    ['surges where maxSurge is a small percentage, rounded up', { rollout: { maxSurge: '1%' } }, true],
  ] as const)('%s', ([, spec, isSurging]) => {
    expect(desire(deployment(spec)).isSurging).toBe(isSurging);
  });

  test('takes a deletion for a fleet of nothing, paused or not', () => {
    const deleted = deployment({ replicas: 3, paused: true }, { deletionTimestamp: at(0) });
    expect(desire(deleted)).toMatchObject({ isTeardown: true, replicas: 0, isPaused: false });
  });

  test.for([
    ['Retain', 'Delete', false, 'Delete'],
    ['Delete', 'Retain', false, 'Retain'],
    ['Retain', 'Delete', true, 'Retain'],
    ['Delete', 'Retain', true, 'Delete'],
  ] as const)('onDelete %s, onScaleDown %s, deleted %s: %s', ([onDelete, onScaleDown, isDeleted, surplusClaims]) => {
    const spec = { storage: { ...STORAGE, retention: { onDelete, onScaleDown } } };
    const { surplusClaims: policy, isFinalizerWanted } = desire(
      deployment(spec, isDeleted ? { deletionTimestamp: at(0) } : {}),
    );
    expect({ policy, isFinalizerWanted }).toEqual({ policy: surplusClaims, isFinalizerWanted: onDelete === 'Delete' });
  });

  test.for([
    [2, 10, Math.floor, 2],
    ['25%', 10, Math.floor, 2],
    ['25%', 10, Math.ceil, 3],
    ['100%', 7, Math.floor, 7],
    ['50%', 0, Math.ceil, 0],
  ] as const)('share(%s of %i)', ([value, total, round, count]) => {
    expect(share(value, total, round)).toBe(count);
  });
});
