// Starts one cluster of two machines for all files of the project `e2e`, with the operator in it as config/default
// installs it, and removes it in the end, however the tests end. What a killed run left behind is removed first.
//
// IMG names an image of the operator that is built already; without it one is built. KIND_NODE_IMAGE names the node
// image.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { resolve } from 'node:path';

import type { TestProject } from 'vitest/node';

import { docker, DockerError, requireDocker } from '../../hack/docker/docker.ts';
import { buildImage, defaultImage } from '../../hack/image/build.ts';
import { loadImage, removeCluster, startCluster, type KindCluster } from '../../hack/kind/cluster.ts';
import { DEFAULT_NODE_IMAGE, inMachine, requireNodeImage } from '../../hack/kind/machine.ts';
import { abandonedClusters, ownOwner } from '../../hack/kind/owner.ts';
import { createSteps } from '../../hack/kind/steps.ts';

const CONFIG = resolve(import.meta.dirname, '..', '..', 'config');
const KIND = resolve(import.meta.dirname, '..', '..', 'hack', 'kind.ts');

const print = (line: string): void => void process.stdout.write(`${line}\n`);

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  try {
    return await start(project);
  } catch (error) {
    if (!(error instanceof DockerError)) throw error;
    // What a user can mend is one line, without the stack trace that vitest would print.
    process.stderr.write(`${error.message}\n`);
    return process.exit(1);
  }
}

async function start(project: TestProject): Promise<() => Promise<void>> {
  await requireDocker();
  for (const cluster of await abandonedClusters()) {
    print(`removing what a killed run has left: ${cluster}`);
    await removeCluster(cluster);
  }
  const image = process.env['KIND_NODE_IMAGE'] || DEFAULT_NODE_IMAGE;
  await requireNodeImage(image);
  const operatorImage = process.env['IMG'] || (await buildImage(defaultImage())).image;
  const steps = createSteps(print);
  const name = `nodefleet-e2e-${randomBytes(3).toString('hex')}`;
  const stop = removedInTheEnd(name);
  const cluster = await startCluster({ name, image, workers: 1, owner: ownOwner(), onStep: steps.next });
  try {
    steps.next(`load ${operatorImage}`);
    await loadImage(name, operatorImage);
    steps.next('kubectl apply -k config/default, and wait until the operator is Ready');
    await deploy(cluster, operatorImage);
    steps.done();
  } catch (error) {
    await stop();
    throw error;
  }
  const { machines, kubectl, kubeconfigPath } = cluster;
  project.provide('site', { cluster: name, machines, kubectl, kubeconfigPath, image: operatorImage });
  return stop;
}

/** Returns what removes the cluster. It also goes when we end before that is called: by Ctrl-C, or by a failure of vitest. */
function removedInTheEnd(name: string): () => Promise<void> {
  let isRemoved = false;
  // Nothing asynchronous runs any more at an exit.
  process.once('exit', () => {
    if (!isRemoved) execFileSync(process.execPath, [KIND, 'down', name], { stdio: 'inherit' });
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
  return async () => {
    await removeCluster(name);
    isRemoved = true;
  };
}

/** As a user does it: the manifests, then the image in their place. */
async function deploy({ machines: [first = ''] }: KindCluster, image: string): Promise<void> {
  await docker(['cp', CONFIG, `${first}:/nodefleet-config`]);
  const kubectl = (...args: readonly string[]): Promise<string> => inMachine(first, ['kubectl', ...args]);
  await kubectl('apply', '-k', '/nodefleet-config/default');
  const deployment = ['--namespace=nodefleet-system', 'deployment/nodefleet-operator'];
  await kubectl('set', 'image', ...deployment, `operator=${image}`);
  await kubectl('rollout', 'status', ...deployment, '--timeout=180s');
}
