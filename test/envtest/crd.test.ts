// The CRD itself on a real API server: that kubectl can use it, that its pod template is the server's own, that it
// refuses bad input, and that it keeps what it is told.
import { join } from 'node:path';

import { beforeEach, describe, expect, test } from 'vitest';

import { readSnapshot } from '../../hack/crd/pod-template-snapshot.ts';
import { fetchSnapshot } from '../../hack/crd/refresh-pod-template.ts';
import { NODE_DEPLOYMENT, type NodeDeploymentStatus } from '../../src/api/v1alpha1/node-deployment.ts';
import { patchStatus } from '../../src/runtime/client/status.ts';
import { kubectlFor, sharedControlPlane } from './start.ts';
import { newCluster, type Cluster } from './support/cluster.ts';
import { fleet } from './support/fleets.ts';

const CRD_FILE = join(import.meta.dirname, '../../crds/nodefleet.dev_nodedeployments.yaml');
const CRD = 'customresourcedefinition/nodedeployments.nodefleet.dev';
const shared = sharedControlPlane();
const kubectl = kubectlFor(shared);
const create = (object: object) => kubectl(['create', '--dry-run=server', '-o=json', '-f', '-'], object);

const withPod = (pod: object, container: object = {}) =>
  fleet({ spec: { template: { spec: { containers: [{ name: 'web', image: 'web:1', ...container }], ...pod } } } });

describe('kubectl', () => {
  test('applies the file client-side, with room left in the last-applied annotation', async () => {
    await kubectl(['apply', '-f', CRD_FILE]);
    const stored = JSON.parse(await kubectl(['get', CRD, '-o=json']));
    const entries: [string, string][] = Object.entries(stored.metadata.annotations);
    expect(entries.flat().join('').length).toBeLessThan(250_000);
  });

  test('finds no fault in the schema', async () => {
    const { status } = JSON.parse(await kubectl(['get', CRD, '-o=json']));
    const conditions = status.conditions.map(({ type, status: value }: Record<string, string>) => `${type}=${value}`);
    expect(conditions).toContain('Established=True');
    expect(conditions).not.toContain('NonStructuralSchema=True');
  });

  test('explains the containers of the template', async () => {
    const explained = await kubectl(['explain', 'nodedeployment.spec.template.spec.containers']);
    expect(explained).toMatch(/image\t<string>\n\s+Container image name\./);
    expect(explained).toContain('livenessProbe');
  });

  test('explains the fields of ours with their default and enum', async () => {
    const explained = await kubectl(['explain', 'nd.spec.storage']);
    expect(explained).toMatch(/accessMode\t<string>\n\s+enum: ReadWriteOnce, ReadWriteOncePod, ReadWriteMany/);
    expect(explained).toMatch(/size\t<string> -required-/);
  });
});

test("the pinned pod template is the server's own", async () => {
  expect(await fetchSnapshot(shared.kubectl, shared.kubeconfigPath)).toEqual(readSnapshot());
});

describe('bad input is refused at apply, with the field and the limit', () => {
  test.for([
    { what: 'a typo in the spec', object: fleet({ spec: { replica: 3 } }), says: 'unknown field "spec.replica"' },
    {
      what: 'a typo in a container',
      object: withPod({}, { imagePullPolice: 'Always' }),
      says: 'unknown field "spec.template.spec.containers[0].imagePullPolice"',
    },
    {
      what: 'a typo deep in the template',
      object: withPod({}, { livenessProbe: { httpGet: { prot: 80 } } }),
      says: 'unknown field "spec.template.spec.containers[0].livenessProbe.httpGet.prot"',
    },
    {
      what: 'ephemeral containers',
      object: withPod({ ephemeralContainers: [{ name: 'debug', image: 'busybox' }] }),
      says: 'unknown field "spec.template.spec.ephemeralContainers"',
    },
    {
      what: 'a name in the template',
      object: fleet({ spec: { template: { metadata: { name: 'x' }, spec: { containers: [{ name: 'a' }] } } } }),
      says: 'unknown field "spec.template.metadata.name"',
    },
    { what: 'no template', object: fleet({ spec: { template: null } }), says: 'spec.template: Required value' },
    {
      what: 'a template without a spec',
      object: fleet({ spec: { template: {} } }),
      says: 'spec.template.spec: Required',
    },
    {
      what: 'no container',
      object: fleet({ spec: { template: { spec: { containers: [] } } } }),
      says: 'spec.template.spec.containers: Invalid value: 0: spec.template.spec.containers in body should have at least 1 items',
    },
    {
      what: 'a container twice',
      object: withPod({ containers: [{ name: 'web' }, { name: 'web' }] }),
      says: 'spec.template.spec.containers[1]: Duplicate value: {"name":"web"}',
    },
    {
      what: 'a volume twice',
      object: withPod({ volumes: [{ name: 'logs', emptyDir: {} }, { name: 'logs' }] }),
      says: 'spec.template.spec.volumes[1]: Duplicate value: {"name":"logs"}',
    },
    {
      what: 'a mount path twice',
      object: withPod({}, { volumeMounts: ['data', 'logs'].map((name) => ({ name, mountPath: '/data' })) }),
      says: 'spec.template.spec.containers[0].volumeMounts[1]: Duplicate value: {"mountPath":"/data"}',
    },
    {
      what: 'memory in a unit that does not exist',
      object: withPod({}, { resources: { limits: { memory: '1GB' } } }),
      says: 'spec.template.spec.containers[0].resources.limits.memory: Invalid value: "1GB"',
    },
    {
      what: 'a billion replicas',
      object: fleet({ replicas: 1_000_000_000 }),
      says: 'spec.replicas: Invalid value: 1000000000: spec.replicas in body should be less than or equal to 256',
    },
    {
      what: '-1 replicas',
      object: fleet({ replicas: -1 }),
      says: 'spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0',
    },
    {
      what: 'a size as a number',
      object: fleet({ storage: { size: 10 } }),
      says: 'spec.storage.size in body must be of type string: "integer"',
    },
    {
      what: 'a size without end',
      object: fleet({ storage: { size: '9'.repeat(33) } }),
      says: 'spec.storage.size: Too long: may not be more than 32 bytes',
    },
    {
      what: 'the size 1e1000',
      object: fleet({ storage: { size: '1e1000' } }),
      says: 'spec.storage.size: Invalid value',
    },
    {
      what: 'no size',
      object: fleet({ spec: { storage: {} } }),
      says: 'spec.storage.size: Required value',
    },
    {
      what: 'an access mode that a member cannot use',
      object: fleet({ storage: { accessMode: 'ReadOnlyMany' } }),
      says: 'spec.storage.accessMode: Unsupported value: "ReadOnlyMany": supported values: "ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany"',
    },
    {
      what: '101 percent',
      object: fleet({ rollout: { maxUnavailable: '101%' } }),
      says: 'spec.rollout.maxUnavailable: Invalid value: "101%"',
    },
    {
      what: 'a percentage that is none',
      object: fleet({ rollout: { maxSurge: 'half' } }),
      says: 'spec.rollout.maxSurge: Invalid value: "half"',
    },
    {
      what: 'a negative number of members',
      object: fleet({ rollout: { maxUnavailable: -1 } }),
      says: 'spec.rollout.maxUnavailable: Invalid value: -1',
    },
    {
      what: 'a detach timeout below the least',
      object: fleet({ rollout: { detachTimeoutSeconds: 29 } }),
      says: 'spec.rollout.detachTimeoutSeconds: Invalid value: 29',
    },
    {
      what: '33 containers',
      object: withPod({ containers: Array.from({ length: 33 }, (_, index) => ({ name: `c${index}` })) }),
      says: 'spec.template.spec.containers: Too many: 33: must have at most 32 items',
    },
    {
      what: 'a service port twice',
      object: fleet({
        spec: {
          service: {
            ports: [
              { name: 'a', port: 80 },
              { name: 'b', port: 80 },
            ],
          },
        },
      }),
      says: 'spec.service.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}',
    },
  ])('$what', async ({ object, says }) => {
    await expect(create(object)).rejects.toThrow(says);
  });
});

describe('what users write is accepted', () => {
  test.for([
    { what: 'sizes in any unit', object: fleet({ storage: { size: '1.5Gi' } }) },
    { what: 'a size with an exponent', object: fleet({ storage: { size: '12e9' } }) },
    { what: 'cores as a number', object: withPod({}, { resources: { limits: { cpu: 2, memory: '1Gi' } } }) },
    { what: 'a port by name', object: withPod({}, { livenessProbe: { httpGet: { port: 'http', path: '/' } } }) },
    {
      what: 'TCP and UDP on one port',
      object: withPod({}, { ports: [{ containerPort: 53 }, { containerPort: 53, protocol: 'UDP' }] }),
    },
    {
      what: 'a mount of data without storage',
      object: withPod({}, { volumeMounts: [{ name: 'data', mountPath: '/d' }] }),
    },
    {
      what: 'a sidecar',
      object: withPod({ initContainers: [{ name: 'log', image: 'log:1', restartPolicy: 'Always' }] }),
    },
    { what: 'a null that says nothing', object: withPod({ nodeSelector: null }, { resources: null }) },
    { what: 'members at rest', object: fleet({ replicas: 0 }) },
  ])('$what', async ({ object }) => {
    await expect(create(object)).resolves.toContain('NodeDeployment');
  });
});

describe('what only a StatefulSet can refuse is left to the operator', () => {
  test.for([
    {
      what: 'a container name with a capital',
      object: withPod({}, { name: 'Web' }),
      says: 'containers[0].name: Invalid',
    },
    {
      what: 'a mount of no volume',
      object: withPod({}, { volumeMounts: [{ name: 'x', mountPath: '/x' }] }),
      says: 'Not found: "x"',
    },
    { what: 'no image', object: withPod({}, { image: null }), says: 'containers[0].image: Required value' },
    {
      what: 'a request above its limit',
      object: withPod({}, { resources: { requests: { cpu: 2 }, limits: { cpu: 1 } } }),
      says: 'must be less than or equal to cpu limit',
    },
  ])('$what', async ({ object, says }) => {
    const { spec } = JSON.parse(await create(object));
    const labels = { app: 'web' };
    const statefulSet = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'web' },
      spec: { selector: { matchLabels: labels }, template: { ...spec.template, metadata: { labels } } },
    };
    await expect(create(statefulSet)).rejects.toThrow(says);
  });
});

describe('what is stored', () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await newCluster();
  });
  const spec = async () => (await cluster.nd('web')).spec;

  test('has the defaults of ours', async () => {
    await cluster.apply(fleet({ storage: {} }));
    expect(await spec()).toEqual({
      replicas: 1,
      paused: false,
      suspend: false,
      template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } },
      storage: {
        size: '1Gi',
        mountPath: '/data',
        accessMode: 'ReadWriteOnce',
        retention: { onDelete: 'Retain', onScaleDown: 'Retain' },
        existingClaims: 'AdoptOwn',
      },
      disruptionBudget: 'Auto',
      rollout: {
        strategy: 'Auto',
        maxUnavailable: 1,
        maxSurge: 1,
        partition: 0,
        paused: false,
        minReadySeconds: 0,
        progressDeadlineSeconds: 600,
        detach: 'Required',
        detachTimeoutSeconds: 420,
      },
      service: { ports: [], annotations: {} },
    });
  });

  test('has none in the template, but for the protocol that is part of a key', async () => {
    const container = {
      name: 'web',
      image: 'web:1',
      ports: [{ containerPort: 80 }],
      readinessProbe: { tcpSocket: { port: 80 } },
      env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    };
    await cluster.apply(withPod({ volumes: [{ name: 'config', configMap: { name: 'c' } }] }, container));
    expect((await spec()).template.spec).toEqual({
      containers: [{ ...container, ports: [{ containerPort: 80, protocol: 'TCP' }] }],
      volumes: [{ name: 'config', configMap: { name: 'c' } }],
    });
  });

  test.for([
    { what: 'absent', storage: {}, expected: undefined },
    { what: 'null', storage: { storageClassName: null }, expected: undefined },
    { what: 'an empty string', storage: { storageClassName: '' }, expected: '' },
  ])('keeps a storageClassName that is $what', async ({ storage, expected }) => {
    await cluster.apply(fleet({ storage }));
    expect((await spec()).storage?.storageClassName).toBe(expected);
  });

  test('has no storage where it was null', async () => {
    await cluster.apply(fleet({ spec: { storage: null } }));
    expect(await spec()).not.toHaveProperty('storage');
  });

  test('is scaled through the scale subresource, within its limit', async () => {
    await cluster.apply(fleet());
    await cluster.kubectl(['scale', 'nd/web', '--replicas=256']);
    expect((await spec()).replicas).toBe(256);
    await expect(cluster.kubectl(['scale', 'nd/web', '--replicas=257'])).rejects.toThrow('less than or equal to 256');
  });

  test('gives an autoscaler the replicas and the selector', async () => {
    await cluster.apply(fleet({ replicas: 3 }));
    const status = { replicas: 2, selector: 'nodefleet.dev/deployment=web' };
    await cluster.kubectl([
      'patch',
      'nd/web',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify({ status }),
    ]);
    const path = `/apis/nodefleet.dev/v1alpha1/namespaces/${cluster.namespace}/nodedeployments/web/scale`;
    expect(JSON.parse(await kubectl(['get', `--raw=${path}`]))).toMatchObject({ spec: { replicas: 3 }, status });
  });

  test('notes who has written a member, a condition and a plan, not who has written each field of them', async () => {
    await cluster.apply(fleet({ replicas: 2 }));
    const at = '2026-01-01T00:00:00Z';
    const plan = { id: 'a', generation: 1, targetRevision: 'r', createdAt: at };
    const status: NodeDeploymentStatus = {
      plan: { ...plan, purpose: 'Rollout', phase: 'Active', members: ['web-0'] },
      history: [{ ...plan, phase: 'Completed', endedAt: at }],
      members: [
        { name: 'web-0', phase: 'Running', claim: { name: 'web-0', uid: 'a' } },
        { name: 'web-1', phase: 'Pending' },
      ],
      retainedClaims: [{ name: 'web-2', uid: 'c', since: at, reason: 'ScaledDown' }],
      conditions: [{ type: 'Ready', status: 'True', reason: 'Tested', message: '', lastTransitionTime: at }],
    };
    const { object } = await patchStatus(cluster.client, NODE_DEPLOYMENT, await cluster.nd('web'), status);
    const written = object.metadata.managedFields?.find(({ subresource }) => subresource === 'status');
    const linesOf = (...lines: readonly string[]): object =>
      Object.fromEntries([['.', {}], ...lines.map((line) => [`k:${line}`, {}])]);
    expect(written?.fieldsV1).toEqual({
      'f:status': {
        '.': {},
        'f:plan': {},
        'f:history': linesOf('{"id":"a"}'),
        'f:members': linesOf('{"name":"web-0"}', '{"name":"web-1"}'),
        'f:retainedClaims': linesOf('{"name":"web-2"}'),
        'f:conditions': linesOf('{"type":"Ready"}'),
      },
    });
  });

  test('shows in columns', async () => {
    await cluster.apply(fleet({ replicas: 3, storage: {} }));
    const condition = (type: string, reason: string) => ({
      type,
      reason,
      status: 'True',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    const conditions = [condition('Ready', 'MembersStarting'), condition('Stalled', 'DetachTimeout')];
    const counts = { readyReplicas: 2, updatedReplicas: 1, readyConsumers: 4 };
    const status = { ...counts, updateRevision: 'abc123', conditions };
    await cluster.kubectl([
      'patch',
      'nd/web',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify({ status }),
    ]);
    const [header, row] = (await cluster.kubectl(['get', 'nd', '-o=wide'])).split('\n').map((line) => line.split(/ +/));
    const always = ['NAME', 'DESIRED', 'READY', 'UPDATED', 'STATUS', 'AGE'];
    expect(header).toEqual([...always, 'REVISION', 'STORAGE', 'CONSUMERS', 'STALLED']);
    const more = ['abc123', '1Gi', '4', 'DetachTimeout'];
    expect(row?.toSpliced(5, 1)).toEqual(['web', '3', '2', '1', 'MembersStarting', ...more]);
    expect(await cluster.kubectl(['get', 'all', '-o=name'])).toContain('nodedeployment.nodefleet.dev/web');
  });
});
