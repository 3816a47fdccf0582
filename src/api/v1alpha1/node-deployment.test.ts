import { describe, expect, test } from 'vitest';

import { decodeSpec } from './node-deployment.ts';

const template = { spec: { containers: [{ name: 'web', image: 'web:1' }] } };
const decode = (spec: object) => {
  const decoding = decodeSpec({ template, ...spec });
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

test('tells an absent storage class from an empty one', () => {
  expect(decode({ storage: { size: '1Gi' } }).storage).not.toHaveProperty('storageClassName');
  expect(decode({ storage: { size: '1Gi', storageClassName: '' } }).storage?.storageClassName).toBe('');
});

test('takes a key named __proto__ for no more than a key', () => {
  decode(JSON.parse('{"service": {"annotations": {"__proto__": "polluted"}}}'));
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  expect({}).not.toHaveProperty('polluted');
});

describe('names the field that an older CRD has let through', () => {
  test.for([
    { spec: { replicas: 1_000_000_000 }, says: 'spec.replicas: ' },
    { spec: { template: 'web' }, says: 'spec.template: ' },
    { spec: { storage: {} }, says: 'spec.storage.size: ' },
    { spec: { rollout: { maxUnavailable: '101%' } }, says: 'spec.rollout.maxUnavailable: ' },
    { spec: { service: { ports: [{ port: 0 }] } }, says: 'spec.service.ports.0.port: ' },
  ])('$says', ({ spec, says }) => {
    expect(decodeSpec({ template, ...spec })).toEqual({ ok: false, message: expect.stringContaining(says) });
  });
});
