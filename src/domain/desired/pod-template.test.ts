import { describe, expect, test } from 'vitest';

import { LABEL } from '../../api/v1alpha1/names.ts';
import { STORAGE, type SpecInput, deployment, running } from '../testing/build.ts';
import { podTemplate, revisionOf } from './pod-template.ts';

const mounted = {
  spec: { containers: [{ name: 'app', image: 'app:1', volumeMounts: [{ name: 'data', mountPath: '/db' }] }] },
};
const revision = (spec: SpecInput): string => revisionOf(deployment(spec).spec);

describe('revisionOf', () => {
  test.for<[name: string, a: SpecInput, b: SpecInput]>([
    ['the image', { template: running('app:1') }, { template: running('app:2') }],
    ['an annotation of the pod', {}, { template: { ...running('app:1'), metadata: { annotations: { a: 'b' } } } }],
    ['the mount path', { storage: STORAGE }, { storage: { ...STORAGE, mountPath: '/other' } }],
    ['storage that is added: the volume data is another one', {}, { storage: { size: '1Gi' } }],
  ])('changes with %s', ([, a, b]) => {
    expect(revision(a)).not.toBe(revision(b));
  });

  test.for<[name: string, a: SpecInput, b: SpecInput]>([
    ['replicas', { replicas: 1 }, { replicas: 5 }],
    ['pausing and suspending', {}, { paused: true, suspend: true }],
    ['rollout', {}, { rollout: { maxUnavailable: '50%', partition: 2, paused: true } }],
    ['service', {}, { service: { ports: [{ port: 80 }], annotations: { a: 'b' } } }],
    ['the size of the claims', { storage: STORAGE }, { storage: { ...STORAGE, size: '20Gi' } }],
    ['the storage class', { storage: STORAGE }, { storage: { ...STORAGE, storageClassName: 'fast' } }],
    ['retention', { storage: STORAGE }, { storage: { ...STORAGE, retention: { onDelete: 'Delete' } } }],
    [
      'a mount path that no container gets, because one mounts data itself',
      { template: mounted, storage: { size: '1Gi', mountPath: '/a' } },
      { template: mounted, storage: { size: '1Gi', mountPath: '/b' } },
    ],
  ])('does not change with %s', ([, a, b]) => {
    expect(revision(a)).toBe(revision(b));
  });

  test('is the same however the members of the template are ordered', () => {
    const a = { spec: { containers: [{ name: 'app', image: 'app:1' }], nodeName: 'm' } };
    const b = { spec: { nodeName: 'm', containers: [{ image: 'app:1', name: 'app' }] } };
    expect(revision({ template: a })).toBe(revision({ template: b }));
  });
});

describe('sidecars', () => {
  const log = { name: 'log', image: 'log:1' };
  const sidecar = (image: string): SpecInput => ({
    consumers: [
      {
        name: 'log',
        kind: 'Sidecar',
        template: { spec: { containers: [{ ...log, image }], volumes: [{ name: 'spool', emptyDir: {} }] } },
      },
    ],
  });
  const app = { name: 'app', image: 'app:1' };
  const template = { spec: { containers: [app], initContainers: [{ name: 'init', image: 'init:1' }] } };

  test('change the revision when they come and when they change', () => {
    expect(revision({})).not.toBe(revision(sidecar('log:1')));
    expect(revision(sidecar('log:1'))).not.toBe(revision(sidecar('log:2')));
  });

  test('are told from none: a fleet without consumers keeps the revision that it had before there were any', () => {
    expect(revision({ storage: STORAGE })).toBe('ba2656c218');
    expect(revision({ storage: STORAGE, consumers: [] })).toBe('ba2656c218');
  });

  test('follow what the member brings, and mount its volume data', () => {
    const native = { name: 'proxy', image: 'proxy:1', restartPolicy: 'Always' };
    const pod = podTemplate(
      deployment({
        template,
        storage: STORAGE,
        consumers: [
          ...(sidecar('log:1').consumers ?? []),
          { name: 'proxy', kind: 'Sidecar', template: { spec: { containers: [], initContainers: [native] } } },
        ],
      }),
      'web-0',
      'r1',
    ).spec;
    expect(pod?.containers.map(({ name }) => name)).toEqual(['app', 'log']);
    expect(pod?.initContainers?.map(({ name }) => name)).toEqual(['init', 'proxy']);
    expect(pod?.volumes).toEqual([
      { name: 'spool', emptyDir: {} },
      { name: 'data', persistentVolumeClaim: { claimName: 'web-0' } },
    ]);
    expect(pod?.containers[0]?.volumeMounts).toEqual([{ name: 'data', mountPath: '/data' }]);
  });
});

describe('podTemplate', () => {
  const render = (spec: SpecInput) => podTemplate(deployment(spec), 'web-0', 'r1');

  test('makes the volume data an emptyDir without storage', () => {
    expect(render({}).spec?.volumes).toEqual([{ name: 'data', emptyDir: {} }]);
  });

  test("makes the volume data the member's claim with storage", () => {
    expect(render({ storage: STORAGE }).spec?.volumes).toEqual([
      { name: 'data', persistentVolumeClaim: { claimName: 'web-0' } },
    ]);
  });

  test("keeps the user's own volumes, labels and annotations", () => {
    const template = {
      metadata: { labels: { tier: 'db' }, annotations: { a: 'b' } },
      spec: { ...running('app:1').spec, containers: [], volumes: [{ name: 'tmp', emptyDir: {} }] },
    };
    const { metadata, spec } = render({ template });
    expect(metadata).toMatchObject({ labels: { tier: 'db' }, annotations: { a: 'b' } });
    expect(spec?.volumes?.map(({ name }) => name)).toEqual(['tmp', 'data']);
  });

  test('lets no label of the user stand in for one of ours', () => {
    const template = { ...running('app:1'), metadata: { labels: { [LABEL.managedBy]: 'me', [LABEL.revision]: 'x' } } };
    expect(render({ template }).metadata?.labels).toMatchObject({
      [LABEL.managedBy]: 'nodefleet',
      [LABEL.revision]: 'r1',
      [LABEL.deployment]: 'web',
      [LABEL.member]: 'web-0',
    });
  });

  test.for<[name: string, spec: SpecInput, mounts: readonly unknown[]]>([
    ['mounts data at mountPath in the first container', { storage: STORAGE }, [[{ name: 'data', mountPath: '/data' }]]],
    ['mounts nothing without a mountPath', { storage: { size: '1Gi' } }, [undefined]],
    [
      'leaves the mounts alone where a container mounts data',
      { storage: STORAGE, template: mounted },
      [[{ name: 'data', mountPath: '/db' }]],
    ],
  ])('%s', ([, spec, mounts]) => {
    expect(render(spec).spec?.containers.map(({ volumeMounts }) => volumeMounts)).toEqual(mounts);
  });
});
