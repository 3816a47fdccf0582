// The five acts of the demo, in order. Each explains itself in a line or two, shows, and fails with what it waited for.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { keyOf } from '../../src/kube/object.ts';
import { startControlPlane, type StartedControlPlane } from '../control-plane/control-plane.ts';
import { VERSIONS } from '../control-plane/versions.ts';
import { aborted } from './fleets.ts';
import { done, explain, heading, say, since } from './narration.ts';
import { race } from './race.ts';
import type { Screen } from './screen.ts';
import { largestGated, showTable, type Stage } from './stage.ts';
import { changeImage, kubectl, startOperator, untilServed } from './steps.ts';
import { isReady, memberChanges, nameOf } from './table.ts';

const SAMPLES = 'config/samples/';
const SAMPLES_TIMEOUT_MS = 120_000;
const HAND_OFF_TIMEOUT_MS = 300_000;
const RACE_TIMEOUT_MS = 60_000;

/** Act 1. The control plane is the caller's to stop. */
export async function startPlane(screen: Screen): Promise<StartedControlPlane> {
  heading(screen, 1, 'A Kubernetes control plane on this machine');
  explain(
    screen,
    `etcd, kube-apiserver, kube-controller-manager and kube-scheduler are real. kwok plays the kubelets of three
    machines; a small program plays the storage: a second to attach a volume, a second to detach it.`,
  );
  const startedAt = performance.now();
  const plane = await startControlPlane({
    with: ['controller-manager', 'scheduler', 'kwok', 'storage'],
    storage: { attachDelayMs: 1_000, detachDelayMs: 1_000 },
    log: (line) => explain(screen, line),
  });
  done(screen, `Kubernetes ${VERSIONS.kubernetes} at ${plane.server}, ready in ${since(startedAt)}`);
  return plane;
}

/** Act 2. */
export async function installOperator(stage: Stage): Promise<void> {
  const { screen } = stage;
  heading(screen, 2, 'The operator');
  const startedAt = performance.now();
  await kubectl(stage, ['apply', '--server-side', '-f', 'crds/']);
  await untilServed(stage);
  const { pid, logPath } = startOperator(stage);
  done(screen, `process ${pid}, its log in ${logPath}, after ${since(startedAt)}`);
}

/** Act 3. */
export async function applySamples(stage: Stage): Promise<void> {
  const { screen, fleets } = stage;
  heading(screen, 3, 'The samples');
  explain(
    screen,
    'Each fleet has members; a member is a StatefulSet of one pod, a Service and, with storage, a volume.',
  );
  const startedAt = performance.now();
  const root = join(import.meta.dirname, '..', '..');
  const isKustomized = existsSync(join(root, SAMPLES, 'kustomization.yaml'));
  const names = (await kubectl(stage, ['apply', isKustomized ? '-k' : '-f', SAMPLES], 'name')).split('\n');
  const count = names.filter((name) => name.startsWith('nodedeployment.')).length;
  const areReady = (): boolean => fleets.all().length >= count && fleets.all().every(isReady);
  const stopShowing = showTable(stage);
  try {
    await stage.until(areReady, 'every sample is Ready', SAMPLES_TIMEOUT_MS);
  } finally {
    stopShowing();
  }
  done(screen, `${count} fleets Ready in ${since(startedAt)}`);
}

/** Act 4: one fleet with volumes moves to another image. */
export async function handOff(stage: Stage): Promise<void> {
  const { screen, fleets } = stage;
  const fleet = largestGated(fleets.all());
  heading(screen, 4, `A new image for ${nameOf(fleet)}: the hand-off, member by member`);
  explain(
    screen,
    `A volume never has two writers: a member's new pod starts only once the old one is gone and no machine holds the
    volume any more (AwaitingDetach). One member at a time, the highest first.`,
  );
  const startedAt = performance.now();
  const generation = await changeImage(stage, fleet);
  const stopTelling = tellMembers(stage, fleet, startedAt);
  const stopShowing = showTable(stage);
  try {
    const isMoved = (): boolean => isReadyAt(fleets.get(keyOf(fleet)), generation);
    await stage.until(isMoved, `${nameOf(fleet)} is Ready on its new image`, HAND_OFF_TIMEOUT_MS);
  } finally {
    stopShowing();
    stopTelling();
  }
  done(screen, `${fleet.spec.replicas} members handed off in ${since(startedAt)}`);
}

/** Act 5. The operator is away meanwhile: the only writers are the two that are shown. */
export async function doubleReconcile(stage: Stage): Promise<void> {
  const { screen, fleets, plane } = stage;
  heading(screen, 5, 'Two reconciles of one fleet at the same moment');
  explain(
    screen,
    `The operator is stopped for this act. In its place two controllers, A and B, reconcile the same fleet, with the
    operator's own code. Each write is held back until both have read and computed: the race that loses updates elsewhere.`,
  );
  const key = { namespace: 'default', name: 'race' };
  const startedAt = performance.now();
  await kubectl(stage, ['apply', '-f', 'hack/demo/race.yaml']);
  await stage.until(() => isReadyAt(fleets.get(key), 1), 'the fleet race is Ready', RACE_TIMEOUT_MS);
  const fleet = fleets.get(key);
  if (fleet === undefined) throw new Error('the fleet race is gone');
  await stage.operator?.stop();
  say(screen, 'the operator is stopped');
  const generation = await changeImage(stage, fleet);
  const racing = race({ kubeconfigPath: plane.kubeconfigPath, key, tell: (line) => say(screen, line) });
  await Promise.race([racing, aborted(stage.signal)]);
  explain(screen, 'One write has won. The other was refused, and its reconcile started over: no update was lost.');
  startOperator(stage);
  const what = 'the restarted operator has finished the rollout that A and B began';
  await stage.until(() => isReadyAt(fleets.get(key), generation), what, RACE_TIMEOUT_MS);
  await kubectl(stage, ['delete', 'nodedeployment', key.name]);
  done(screen, `the operator is back and has finished the rollout that A and B began, after ${since(startedAt)}`);
}

/** A line for each step of a member, which stays above the table. */
function tellMembers({ fleets, screen }: Stage, fleet: StoredNodeDeployment, startedAt: number): () => void {
  let before = fleet;
  return fleets.onChange(() => {
    const after = fleets.get(keyOf(fleet));
    if (after === undefined) return;
    for (const change of memberChanges(before, after)) say(screen, `${since(startedAt).padStart(7)}  ${change}`);
    before = after;
  });
}

function isReadyAt(fleet: StoredNodeDeployment | undefined, generation: number): boolean {
  return fleet !== undefined && (fleet.metadata.generation ?? 0) >= generation && isReady(fleet);
}
