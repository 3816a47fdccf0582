// A required podAffinity in the template: accepted, and warned of where people look: at kubectl apply, in the status,
// as an Event.
import { execFile } from 'node:child_process';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { REQUIRED_POD_AFFINITY, REQUIRED_POD_AFFINITY_OF_CONSUMER } from '../../src/api/v1alpha1/warnings.ts';
import { newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { condition, fleet } from './support/fleets.ts';
import { startOperator } from './support/operator.ts';
import { untilReady } from './support/stage.ts';

const ADMISSION = join(import.meta.dirname, '..', '..', 'config', 'admission');
const POLICY = 'required-pod-affinity.nodefleet.dev';
const WARNING = `Warning: Validation failed for ValidatingAdmissionPolicy '${POLICY}' with binding '${POLICY}': ${REQUIRED_POD_AFFINITY}`;

const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'worker' } } };
const fleetWith = (affinity: object): object =>
  fleet({ spec: { template: { spec: { affinity, containers: [{ name: 'web', image: 'web:1' }] } } } });
const together = fleetWith({ podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } });
const ofConsumer = fleet({
  storage: {},
  spec: {
    consumers: ['worker', 'other'].map((name) => {
      const affinity = name === 'other' && { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
      const containers = [{ name, image: 'worker:1' }];
      return { name, kind: 'Follower', template: { spec: { containers, ...(affinity && { affinity }) } } };
    }),
  },
});
const apart = fleetWith({ podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } });

/** What `kubectl apply` prints beside its result. */
function applyAloud({ plane, namespace }: Cluster, object: object, ...more: readonly string[]): Promise<string> {
  const args = [`--kubeconfig=${plane.kubeconfigPath}`, `--namespace=${namespace}`, 'apply', '-f', '-', ...more];
  return new Promise((resolve, reject) => {
    const child = execFile(plane.kubectl, args, (error, _stdout, stderr) => {
      if (error === null) resolve(stderr.trim());
      else reject(error);
    });
    child.stdin?.end(JSON.stringify(object));
  });
}

test('kubectl apply warns of it under the policy in config/admission, and the fleet is stored', async () => {
  const cluster = await newCluster();
  onTestFinished(async () => void (await cluster.kubectl(['delete', '--ignore-not-found', '-k', ADMISSION])));
  await cluster.kubectl(['apply', '-k', ADMISSION]);
  // The API server takes a moment to heed a new policy.
  await eventually(async () => expect(await applyAloud(cluster, together, '--dry-run=server')).toBe(WARNING));

  expect(await applyAloud(cluster, apart)).toBe('');
  expect(await applyAloud(cluster, together)).toBe(WARNING);
  const said = await applyAloud(cluster, ofConsumer, '--dry-run=server');
  expect(said).toBe(WARNING.replace(REQUIRED_POD_AFFINITY, REQUIRED_POD_AFFINITY_OF_CONSUMER));
  const stored = await cluster.nd('web');
  expect(stored.spec.template.spec?.affinity).toMatchObject({ podAffinity: {} });
  // Not what leaves the spec alone, as the operator's own writes do.
  const labelled = { ...together, metadata: { name: 'web', labels: { team: 'storage' } } };
  expect(await applyAloud(cluster, labelled)).toBe('');
});

test('the status says so and one Event, and what it says helps', async () => {
  const cluster = await newCluster();
  const operator = await startOperator(cluster);
  await cluster.apply(together);
  await eventually(async () =>
    expect(condition(await cluster.nd('web'), 'Accepted')).toMatchObject({
      status: 'True',
      reason: 'ValidWithWarnings',
      message: REQUIRED_POD_AFFINITY,
    }),
  );
  await operator.quiet();
  const said = await cluster.kubectl([
    'get',
    'events',
    '--field-selector=reason=TemplateWarning',
    '-o=jsonpath={..message}',
  ]);
  expect(said).toBe(REQUIRED_POD_AFFINITY);

  await cluster.apply(apart);
  expect(condition(await untilReady(cluster), 'Accepted')).toMatchObject({ status: 'True', reason: 'Valid' });
});
