// The deletion of the namespace, as the simulation has it: everything in it goes, nothing comes in, and then it is
// there again.
import { expect, test } from 'vitest';

import { NODE_DEPLOYMENT } from '../../../src/api/v1alpha1/node-deployment.ts';
import { CLAIM, SERVICE } from '../../../src/kube/kinds.ts';
import { Choices } from '../choices.ts';
import { createCluster, furnish } from '../world.ts';
import { KEY } from './people.ts';

const BY = { by: 'kubectl', verb: 'create' } as const;
const SPEC = { replicas: 1, template: { spec: { containers: [{ name: 'app', image: 'app:1' }] } } };
const claim = { metadata: { namespace: 'default', name: 'a' }, spec: { accessModes: ['ReadWriteOnce'] } };
const service = { metadata: { namespace: 'default', name: 'a' }, spec: {} };

test('it takes what is in it, refuses what is new until it is empty, and then takes it', async () => {
  const cluster = createCluster(new Choices(() => 0), { checked: new Map(), onBreach: () => {} });
  furnish(cluster);
  const { server, clock } = cluster;
  const finalizers = ['example.com/hold'];
  server.create(NODE_DEPLOYMENT, { metadata: { ...KEY, finalizers }, spec: SPEC }, BY);
  server.create(CLAIM, claim, BY);
  server.endNamespace();
  server.delete(CLAIM, { namespace: 'default', name: 'a' }, {}, BY);
  await clock.run(60_000);
  expect(server.store.get(NODE_DEPLOYMENT, KEY)?.metadata.deletionTimestamp).toBeDefined();
  expect(() => server.create(SERVICE, service, BY)).toThrow('it is being terminated');
  server.mergePatch(NODE_DEPLOYMENT, KEY, { metadata: { finalizers: [] } }, { by: 'kubectl', verb: 'patch' });
  await clock.run(120_000);
  expect([server.store.list(NODE_DEPLOYMENT), server.store.list(CLAIM), server.isNamespaceEnding]).toEqual([
    [],
    [],
    false,
  ]);
  expect(server.create(SERVICE, service, BY).metadata.name).toBe('a');
});
