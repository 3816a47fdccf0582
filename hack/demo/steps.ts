// What the acts do to the cluster, each shown as the command line that a user would type.
import type { StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { keyOf } from '../../src/kube/object.ts';
import { sleep, systemClock } from '../../src/runtime/clock.ts';
import { say } from './narration.ts';
import { nextImage } from './next-image.ts';
import type { Operator } from './operator.ts';
import type { Stage } from './stage.ts';

const CRD_TIMEOUT_MS = 30_000;
const CRD_POLL_MS = 100;

/** Shows the command line and runs it. `output` is the form in which we want the answer, which nobody sees. */
export async function kubectl(stage: Stage, args: readonly string[], output?: string): Promise<string> {
  const quoted = args.map((arg) => (/^[\w./=:-]+$/.test(arg) ? arg : `'${arg}'`));
  say(stage.screen, `$ kubectl ${quoted.join(' ')}`);
  return stage.kubectl(...args, ...(output === undefined ? [] : ['-o', output]));
}

export function startOperator(stage: Stage): Operator {
  say(stage.screen, '$ node dist/main.js --kubeconfig … --log-format json --leader-elect=false');
  return stage.startOperator();
}

/** Gives the fleet's first container the next image. Resolves to the generation of the changed spec. */
export async function changeImage(stage: Stage, fleet: StoredNodeDeployment): Promise<number> {
  const { namespace, name } = keyOf(fleet);
  const value = nextImage(fleet.spec.template.spec?.containers[0]?.image ?? '');
  const patch = JSON.stringify([{ op: 'replace', path: '/spec/template/spec/containers/0/image', value }]);
  const where = namespace === 'default' ? [] : ['-n', namespace];
  const args = ['patch', 'nodedeployment', name, ...where, '--type=json', '-p', patch];
  const stored: StoredNodeDeployment = JSON.parse(await kubectl(stage, args, 'json'));
  return stored.metadata.generation ?? 0;
}

/** A fresh CRD has no conditions yet, and `kubectl wait` gives up on that; so ask for what it promises. */
export async function untilServed({ kubectl: run, signal }: Stage): Promise<void> {
  const deadline = performance.now() + CRD_TIMEOUT_MS;
  for (;;) {
    try {
      await run('get', 'nodedeployments');
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (performance.now() > deadline) throw error;
      await sleep(systemClock, CRD_POLL_MS, signal);
    }
  }
}
