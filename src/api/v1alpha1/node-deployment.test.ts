import { describe, expect, test } from 'vitest';

import type { ObjectMeta } from '../../kube/object.ts';
import { BELTED } from './belts.ts';
import { decodeSpec } from './node-deployment.ts';
import { RULES } from './rules.ts';

const template = { spec: { containers: [{ name: 'web', image: 'web:1' }] } };
const decode = (spec: object) => {
  const decoding = decodeSpec({ metadata: { name: 'web' }, spec: { template, ...spec } });
  if (!decoding.ok) throw new Error(decoding.message);
  return decoding.spec;
};

test('fills in the defaults, also those inside of what is absent', () => {
  expect(decode({ storage: { size: '1Gi' } })).toMatchObject({
    replicas: 1,
    storage: { accessMode: 'ReadWriteOnce', retention: { onDelete: 'Retain' } },
    rollout: { strategy: 'Auto', detach: 'Required' },
    service: { ports: [], annotations: {} },
  });
});

test('leaves the template as it is, without copying it', () => {
  expect(decode({}).template).toBe(template);
});

test('decodes the same spec once: what was made of it is found again', () => {
  const spec = { template };
  const decodings = ['1', '2'].map((resourceVersion) =>
    decodeSpec({ metadata: { name: 'web', resourceVersion }, spec }),
  );
  const [first, second] = decodings.map((decoding) => (decoding.ok ? decoding.spec : undefined));
  expect(first).toBeDefined();
  expect(second).toBe(first);
});

test('judges the same spec anew for another name, and for an object that is being deleted', () => {
  const spec = { template };
  const isAccepted = (metadata: ObjectMeta & { readonly name: string }): boolean => decodeSpec({ metadata, spec }).ok;
  const long = 'w'.repeat(60);
  expect(isAccepted({ name: 'web' })).toBe(true);
  expect(isAccepted({ name: long })).toBe(false);
  expect(isAccepted({ name: long, deletionTimestamp: '2026-01-01T00:00:00Z' })).toBe(true);
  expect(isAccepted({ name: long })).toBe(false);
});

test('tells an absent storage class from an empty one', () => {
  expect(decode({ storage: { size: '1Gi' } }).storage).not.toHaveProperty('storageClassName');
  expect(decode({ storage: { size: '1Gi', storageClassName: '' } }).storage?.storageClassName).toBe('');
});

test('takes a key named __proto__ for no more than a key', () => {
  decode(JSON.parse('{"service": {"annotations": {"__proto__": "polluted"}}}'));
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  expect({}).not.toHaveProperty('polluted');
});

const messageOf = (spec: object, metadata: ObjectMeta & { readonly name: string } = { name: 'web' }): string => {
  const decoding = decodeSpec({ metadata, spec: { template, ...spec } });
  return decoding.ok ? 'accepted' : decoding.message;
};

describe('what an older CRD has let through is named: field, value, limit and remedy', () => {
  test.for<[spec: object, says: string]>([
    [{ replicas: 300 }, 'spec.replicas is 300: at most 256; set it lower or use several NodeDeployments'],
    [{ replicas: 1e12 }, 'spec.replicas is 1000000000000: at most 256; set it lower or use several NodeDeployments'],
    [{ replicas: -1 }, 'spec.replicas is -1: at least 0; set it higher'],
    [{ replicas: 'three' }, 'spec.replicas is "three": not a value of type number; correct it'],
    [{ template: 'web' }, 'spec.template is "web": not an object; correct it'],
    [{ storage: {} }, 'spec.storage.size is missing: it is required; set it'],
    [
      { rollout: { strategy: 'Fast' } },
      'spec.rollout.strategy is "Fast": not one of Auto, Recreate, RollingUpdate; choose one of them',
    ],
    [
      { rollout: { maxUnavailable: '101%' } },
      'spec.rollout.maxUnavailable is "101%": neither a whole number nor a percentage from 0% to 100%; correct it',
    ],
    [{ rollout: { detachTimeoutSeconds: 5 } }, 'spec.rollout.detachTimeoutSeconds is 5: at least 30; set it higher'],
    [{ service: { ports: [{ port: 0 }] } }, 'spec.service.ports[0].port is 0: at least 1; set it higher'],
    [
      { storage: { size: '1Gi', storageClassName: 'x'.repeat(254) } },
      `spec.storage.storageClassName is "${'x'.repeat(63)}…: at most 253 characters; shorten it`,
    ],
    [
      { replicas: -1, storage: { accessMode: 'RWO', size: '1Gi' } },
      'spec.replicas is -1: at least 0; set it higher; spec.storage.accessMode is "RWO": not one of ReadWriteOnce, ReadWriteOncePod, ReadWriteMany; choose one of them',
    ],
  ])('%j', ([spec, says]) => {
    expect(messageOf(spec)).toBe(says);
  });

  test.for<[template: unknown, says: string]>([
    [{}, 'spec.template.spec is missing: it is required; set it'],
    [{ spec: [] }, 'spec.template.spec is []: not a value of type object'],
    [{ spec: { containers: 'web' } }, 'spec.template.spec.containers is "web": not a value of type array'],
    [{ spec: { containers: [null] } }, 'spec.template.spec.containers[0] is null: not a value of type object'],
    [
      { ...template, metadata: { labels: { 'a.b/c': 1 } } },
      'spec.template.metadata.labels["a.b/c"] is 1: not a value of type string',
    ],
    [
      { spec: { ...template.spec, terminationGracePeriodSeconds: 'soon' } },
      'spec.template.spec.terminationGracePeriodSeconds is "soon": not a value of type number',
    ],
    [
      { spec: { ...template.spec, volumes: { a: 1 } } },
      'spec.template.spec.volumes is {"a":1}: not a value of type array',
    ],
  ])('a template of another shape: %j', ([bad, says]) => {
    expect(messageOf({ template: bad })).toContain(says);
  });

  test('a list of terms without a term, into which no machine could be put', () => {
    const none = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } };
    const consumers = [{ name: 'a', kind: 'Follower', template: { spec: { ...template.spec, affinity: none } } }];
    expect(messageOf({ storage: { size: '1Gi' }, consumers })).toContain('nodeSelectorTerms is []: at least 1 items');
  });

  test('what a terminal would not show as it is, escaped', () => {
    expect(messageOf({ storage: { size: '1\u202eGi\u0007é' } })).toContain(
      'spec.storage.size is "1\\u202eGi\\u0007\\u00e9": not a quantity',
    );
  });

  test('a spec that is larger in sum than each of its fields may be', () => {
    const args = ['😀'.repeat(65_536)];
    const large = { template: { spec: { containers: [{ name: 'web', image: 'web:1', args }] } } };
    expect(messageOf(large)).toMatch(
      /^spec is 2622\d\d bytes of JSON: at most 262144; put scripts and configuration into a ConfigMap$/,
    );
    expect(messageOf(large, { name: 'web', deletionTimestamp: '2026-01-01T00:00:00Z' })).toBe('accepted');
  });

  test('up to five problems at a time', () => {
    const bad = { replicas: -1, paused: 1, suspend: 1, rollout: { paused: 1, partition: -1, minReadySeconds: -1 } };
    expect(messageOf(bad).split('; spec.')).toHaveLength(5);
  });
});

describe('what safety rests on is checked again', () => {
  const storage = { size: '1Gi' };
  const shared = { ...storage, accessMode: 'ReadWriteMany' };
  const named = (length: number) => ({ name: 'n'.repeat(length) });
  const withVolume = (name: string) => ({
    template: { spec: { ...template.spec, volumes: [{ name, emptyDir: {} }] } },
  });
  const withLabel = (label: string) => ({ template: { ...template, metadata: { labels: { [label]: 'x' } } } });

  const CRON = { kind: 'CronJob', schedule: '0 3 * * *' };
  const withConsumer = (more: object) => ({
    storage,
    consumers: [{ name: 'worker', kind: 'Follower', template, ...more }],
  });

  test.for<[rule: string, accepted: object, refused: object, says: string]>([
    [
      'template-labels-are-free',
      withLabel('x-nodefleet.dev/a'),
      withLabel('nodefleet.dev/a'),
      'spec.template.metadata.labels is {"nodefleet.dev/a":"x"}: the prefix nodefleet.dev/ is reserved',
    ],
    [
      'data-volume-is-reserved',
      withVolume('cache'),
      withVolume('data'),
      'spec.template.spec.volumes is [{"name":"data","emptyDir":{}}]: the volume data is reserved',
    ],
    ['size-is-a-quantity', { storage }, { storage: { size: 'big' } }, 'spec.storage.size is "big": not a quantity'],
    [
      'surge-needs-shared-storage',
      { storage: shared, rollout: { strategy: 'RollingUpdate' } },
      { storage, rollout: { strategy: 'RollingUpdate' } },
      'spec.rollout.strategy is "RollingUpdate": RollingUpdate runs two pods',
    ],
    [
      'recreate-needs-unavailability',
      { storage: shared, rollout: { maxUnavailable: 0 } },
      { storage, rollout: { maxUnavailable: 0 } },
      'spec.rollout.maxUnavailable is 0: Recreate stops a member before it starts it anew',
    ],
    [
      'recreate-needs-unavailability',
      { rollout: { strategy: 'Recreate' } },
      { rollout: { strategy: 'Recreate', maxUnavailable: '0%' } },
      'spec.rollout.maxUnavailable is "0%": Recreate',
    ],
    [
      'rollout-can-move',
      { rollout: { maxUnavailable: 0, maxSurge: '1%' } },
      { rollout: { maxUnavailable: 0, maxSurge: '0%' } },
      'spec.rollout.maxUnavailable is 0: maxUnavailable and maxSurge are both 0',
    ],
    [
      'consumer-name-is-a-dns-label',
      withConsumer({ name: 'worker' }),
      withConsumer({ name: 'surge' }),
      'spec.consumers[0].name is "surge": has to start with a letter',
    ],
    [
      'consumer-labels-are-free',
      withConsumer({}),
      withConsumer({ template: { ...template, metadata: { labels: { 'nodefleet.dev/member': 'web-0' } } } }),
      'spec.consumers[0].template.metadata.labels is {"nodefleet.dev/member":"web-0"}: the prefix',
    ],
    [
      'consumer-data-volume-is-reserved',
      withConsumer({}),
      withConsumer(withVolume('data')),
      'spec.consumers[0].template.spec.volumes is [{"name":"data","emptyDir":{}}]: the volume data is reserved',
    ],
    [
      'schedule-is-of-a-cron-job',
      withConsumer(CRON),
      withConsumer({ kind: 'CronJob' }),
      'spec.consumers[0].schedule is missing: a CronJob needs a schedule',
    ],
    [
      'schedule-is-readable',
      withConsumer(CRON),
      withConsumer({ ...CRON, schedule: '0 25 * * *' }),
      'spec.consumers[0].schedule is "0 25 * * *": not a schedule',
    ],
    [
      'schedule-is-ever-due',
      withConsumer({ ...CRON, schedule: '0 0 29 2 *' }),
      withConsumer({ ...CRON, schedule: '0 0 30/1 2-2 */1' }),
      'spec.consumers[0].schedule is "0 0 30/1 2-2 */1": no month of it has such a day',
    ],
    [
      'cron-job-ends',
      withConsumer(CRON),
      withConsumer({ ...CRON, template: { spec: { ...template.spec, restartPolicy: 'Always' } } }),
      'a run of a CronJob ends',
    ],
    [
      'follower-needs-shared-storage',
      withConsumer({}),
      { ...withConsumer({}), storage: { ...storage, accessMode: 'ReadWriteOncePod' } },
      'a consumer with a pod of its own needs a volume that two pods can mount',
    ],
  ])('%s', ([rule, accepted, refused, says]) => {
    expect(BELTED).toContain(rule);
    expect(messageOf(accepted)).toBe('accepted');
    expect(messageOf(refused)).toContain(says);
  });

  test('name-fits', () => {
    expect(messageOf({}, named(40))).toBe('accepted');
    expect(messageOf({}, named(41))).toContain('metadata.name has more than 40 characters');
  });

  test('consumer-names-fit', () => {
    const consumers = [{ name: 'sidecar', kind: 'Sidecar', template }];
    expect(messageOf({ consumers }, named(40))).toBe('accepted');
    expect(messageOf({ consumers: [{ ...consumers[0], name: 'sidecars' }] }, named(40))).toContain(
      'a name of a consumer and metadata.name have more than 47 characters together',
    );
  });

  test('each as a rule of the CRD too, whose words it uses', () => {
    expect(RULES.map(({ id }) => id)).toEqual(expect.arrayContaining([...BELTED]));
  });

  test('but does not keep a fleet from being deleted', () => {
    expect(messageOf({}, { ...named(41), deletionTimestamp: '2026-01-01T00:00:00Z' })).toBe('accepted');
  });
});
