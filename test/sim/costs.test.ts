// What a fleet of one member costs, request by request: the table in docs/writes-and-conflicts.md. Without a fault, and
// where each step takes less than the pause of a status.
import { expect, test } from 'vitest';

import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import type { HttpRequest } from '../../src/runtime/client/transport.ts';
import { KEY } from './actors/people.ts';
import { Choices } from './choices.ts';
import type { Json } from './model/document.ts';
import { OperatorProcess } from './operator-process.ts';
import { createCluster, furnish } from './world.ts';

const SECOND = 1_000;
const image = (name: string): Json => ({ template: { spec: { containers: [{ name: 'app', image: name }] } } });
const FLEET: Json = { ...image('app:1'), replicas: 1, storage: { size: '10Gi' } };

/** A cluster without faults, and the requests of the operator in it. Watches are not counted, nor Events. */
class Costs {
  readonly #cluster = createCluster(new Choices(() => 0), { checked: new Map(), onBreach: () => {} });
  readonly #requests: string[] = [];

  constructor() {
    furnish(this.#cluster);
    new OperatorProcess({
      cluster: this.#cluster,
      name: 'operator',
      seed: 1,
      resyncMs: 600 * SECOND,
      onExchange: ({ request }) => void this.#requests.push(describe(request)),
      onReconcile: () => {},
      log: () => {},
    }).start();
  }

  /** What is sent until nothing happens any more after `act`. */
  async of(act: () => void): Promise<readonly string[]> {
    await this.#pass(30 * SECOND);
    const before = this.#requests.length;
    act();
    await this.#pass(60 * SECOND);
    return this.#requests.slice(before).filter((request) => request !== 'write events');
  }

  create(storage: Json = {}): void {
    const spec = { ...FLEET, storage: { size: '10Gi', ...storage } };
    this.#cluster.server.create(NODE_DEPLOYMENT, { metadata: { ...KEY }, spec }, { by: 'kubectl', verb: 'create' });
  }

  remove(): void {
    this.#cluster.server.delete(NODE_DEPLOYMENT, KEY, {}, { by: 'kubectl', verb: 'delete' });
  }

  roll(): void {
    this.#cluster.server.mergePatch(NODE_DEPLOYMENT, KEY, { spec: image('app:2') }, { by: 'kubectl', verb: 'patch' });
  }

  async #pass(ms: number): Promise<void> {
    await this.#cluster.clock.run(this.#cluster.clock.monotonic() + ms);
  }
}

/** `dry run statefulsets`, `list pods`, `read nodedeployments`, `write nodedeployments/status`. */
function describe({ method, path }: HttpRequest): string {
  const { pathname, searchParams } = new URL(path, 'https://localhost');
  const [kind = '', name, subresource] = pathname
    .split('/')
    .slice(pathname.startsWith('/api/') ? 3 : 4)
    .slice(pathname.includes('/namespaces/') ? 2 : 0);
  const verb =
    method === 'GET' ? (name === undefined ? 'list' : 'read') : searchParams.has('dryRun') ? 'dry run' : 'write';
  return [verb, subresource === undefined ? kind : `${kind}/${subresource}`].join(' ');
}

test('to make a fleet of one member takes six requests', async () => {
  const costs = new Costs();
  expect(await costs.of(() => costs.create())).toEqual([
    'read nodedeployments',
    'write controllerrevisions',
    'write persistentvolumeclaims',
    'write statefulsets',
    'write services',
    'write nodedeployments/status',
  ]);
});

test('to delete one with its claim takes three writes', async () => {
  const costs = new Costs();
  costs.create({ retention: { onDelete: 'Delete' } });
  expect(await costs.of(() => costs.remove())).toEqual([
    'read nodedeployments',
    'read statefulsets',
    'write statefulsets',
    'read nodedeployments',
    'read persistentvolumeclaims',
    'write persistentvolumeclaims',
    'read persistentvolumeclaims',
    'write nodedeployments',
  ]);
});

test('to move it to a new template takes six writes, and the reads that prove its volume free', async () => {
  const costs = new Costs();
  costs.create();
  const requests = await costs.of(() => costs.roll());
  // A step that takes longer than a status waits is told too.
  const told = requests.filter((request) => request === 'write nodedeployments/status');
  expect(requests.filter((request, index) => request !== told[0] || index === 1)).toEqual([
    'dry run statefulsets',
    'write nodedeployments/status',
    'write controllerrevisions',
    'write statefulsets',
    'read persistentvolumeclaims',
    ...['list pods', 'list pods', 'list volumeattachments', 'list pods', 'list pods'],
    'read nodedeployments',
    'write statefulsets',
  ]);
  expect(told).toHaveLength(4);
});
