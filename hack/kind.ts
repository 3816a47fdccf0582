// `make kind-up`, `kind-load`, `kind-down`: a cluster to play with, in a container of this machine.
// Usage: node hack/kind.ts up | load IMAGE | down [CLUSTER]
//
// Exit code 0; 1 with one line that says what to do; 130 for a Ctrl-C, which leaves no half of a cluster behind.
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join, relative } from 'node:path';

import { hasImage, requireDocker } from './docker/docker.ts';
import { containersOf, folderOf, loadImage, removeCluster, startCluster } from './kind/cluster.ts';
import { DEFAULT_NODE_IMAGE } from './kind/machine.ts';
import { createSteps } from './kind/steps.ts';

const NAME = 'nodefleet-kind';

async function main([command, argument]: readonly string[]): Promise<void> {
  await requireDocker();
  if (command === 'up') await up();
  else if (command === 'load' && argument !== undefined) await load(argument);
  else if (command === 'down') {
    const name = argument ?? NAME;
    console.log((await removeCluster(name)) ? `cluster ${name} is gone` : `there is no cluster ${name}`);
  } else throw new Error('usage: node hack/kind.ts up | load IMAGE | down [CLUSTER]');
}

async function up(): Promise<void> {
  if (await isUp()) console.log(`cluster ${NAME} runs already`);
  else {
    await removeCluster(NAME); // half of one, or one that was stopped
    cleanUpWhenInterrupted();
    const steps = createSteps((line) => console.log(line));
    const image = process.env['KIND_NODE_IMAGE'] || DEFAULT_NODE_IMAGE;
    await startCluster({ name: NAME, image, onStep: steps.next });
    steps.done();
  }
  const folder = relative(process.cwd(), folderOf(NAME));
  console.log(`
kubeconfig: ${folder}/kubeconfig
kubectl:    ${folder}/kubectl, should you have none

next:
  make image kind-load
  make deploy KUBECONFIG=${folder}/kubeconfig
  make kind-down`);
}

async function load(image: string): Promise<void> {
  if (!(await isUp())) throw new Error(`kind-load: there is no cluster ${NAME} that runs; make kind-up`);
  if (!(await hasImage(image))) throw new Error(`kind-load: docker has no image ${image}; make image IMG=${image}`);
  await loadImage(NAME, image);
  console.log(`${image} is in cluster ${NAME}`);
}

/** The kubeconfig is written last of all. */
async function isUp(): Promise<boolean> {
  return existsSync(join(folderOf(NAME), 'kubeconfig')) && (await containersOf(NAME)).length > 0;
}

function cleanUpWhenInterrupted(): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      console.log('removing what has been started …');
      void removeCluster(NAME).finally(() => process.exit(128 + constants.signals[name]));
    });
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
