// The five acts of the demo, in order. Each explains itself in a line or two, shows, and fails with what it waited for.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { formatKey, keyOf, type ObjectKey } from '../../src/kube/object.ts';
import { sleep, systemClock } from '../../src/runtime/clock.ts';
import { VERSIONS } from '../control-plane/versions.ts';
import { startControlPlane, type StartedControlPlane } from '../control-plane/control-plane.ts';
import type { WaitOptions } from './fleets.ts';
import { nextImage } from './next-image.ts';
import { race } from './race.ts';
import type { Screen } from './screen.ts';
import { INDENT, showTable, since, type Stage } from './stage.ts';
import { isReady, memberChanges, nameOf } from './table.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ACTS = 5;
const CRD_TIMEOUT_MS = 30_000;
const CRD_POLL_MS = 100;
const SAMPLES_TIMEOUT_MS = 120_000;
const HAND_OFF_TIMEOUT_MS = 300_000;
const RACE_TIMEOUT_MS = 60_000;

/** Act 1. The control plane is the caller's to stop. */
export async function startPlane(screen: Screen): Promise<StartedControlPlane> {
  heading(screen, 1, 'A Kubernetes control plane on this machine');
  say(
    screen,
    'etcd, kube-apiserver, kube-controller-manager and kube-scheduler are real. kwok plays the kubelets of three',
  );
  say(screen, 'machines; a small program plays the storage: a second to attach a volume, a second to detach it.');
  const startedAt = performance.now();
  const plane = await startControlPlane({
    with: ['controller-manager', 'scheduler', 'kwok', 'storage'],
    storage: { attachDelayMs: 1_000, detachDelayMs: 1_000 },
    log: (line) => say(screen, screen.palette.dim(line)),
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
  done(screen, `process ${pid}, log in ${logPath}, after ${since(startedAt)}`);
}

/** Act 3. */
export async function applySamples(stage: Stage): Promise<void> {
  const { screen, fleets } = stage;
  heading(screen, 3, 'The samples');
  say(
    screen,
    'Each fleet has members; each member is a StatefulSet of one pod, a Service and, with storage, a volume.',
  );
  const startedAt = performance.now();
  const isKustomized = existsSync(join(ROOT, 'config', 'samples', 'kustomization.yaml'));
  const names = (await kubectl(stage, ['apply', isKustomized ? '-k' : '-f', 'config/samples/'], 'name')).split('\n');
  const count = names.filter((name) => name.startsWith('nodedeployment.')).length;
  const areReady = (): boolean => fleets.all().length >= count && fleets.all().every(isReady);
  await showUntil(stage, areReady, { what: 'every sample is Ready', timeoutMs: SAMPLES_TIMEOUT_MS });
  done(screen, `${count} fleets Ready in ${since(startedAt)}`);
}

/** Act 4: one fleet with volumes moves to another image. */
export async function handOff(stage: Stage): Promise<void> {
  const { screen, fleets } = stage;
  const fleet = fleetToChange(fleets.all());
  heading(screen, 4, `A new image for ${nameOf(fleet)}: the hand-off, member by member`);
  say(screen, "A volume never has two writers: a member's new pod starts only once the old one is gone and no machine");
  say(screen, 'holds the volume any more (AwaitingDetach). One member at a time, the highest first.');
  const startedAt = performance.now();
  const stopTelling = tellMembers(stage, fleet, startedAt);
  try {
    const generation = await changeImage(stage, fleet);
    const isMoved = (): boolean => isReadyAt(fleets.get(keyOf(fleet)), generation);
    const what = `${nameOf(fleet)} is Ready on its new image`;
    await showUntil(stage, isMoved, { what, timeoutMs: HAND_OFF_TIMEOUT_MS });
  } finally {
    stopTelling();
  }
  done(screen, `${fleet.spec.replicas} members handed off in ${since(startedAt)}`);
}

/** Act 5. The operator is away meanwhile: the only writers are the two that are shown. */
export async function doubleReconcile(stage: Stage): Promise<void> {
  const { screen, fleets } = stage;
  heading(screen, 5, 'Two reconciles of one fleet at the same moment');
  say(
    screen,
    'The operator is stopped for this act. In its place two controllers, A and B, reconcile the same fleet, with the',
  );
  say(screen, "operator's own code. Both have to read before either may write: the race that loses updates elsewhere.");
  const key = { namespace: 'default', name: 'race' };
  const startedAt = performance.now();
  await kubectl(stage, ['apply', '-f', 'hack/demo/race.yaml']);
  const when = { timeoutMs: RACE_TIMEOUT_MS };
  await until(stage, () => isReadyAt(fleets.get(key), 1), { what: 'the fleet race is Ready', ...when });
  await stage.operator?.stop();
  say(screen, `the operator is stopped`);
  const generation = await changeImage(stage, required(fleets.get(key), key));
  await race({ kubeconfigPath: stage.plane.kubeconfigPath, key, tell: (line) => say(screen, line) });
  say(
    screen,
    'One write has won. The other was refused, and its reconcile started over: nothing was lost, nothing overwritten.',
  );
  startOperator(stage);
  const what = 'the restarted operator has finished what the two began';
  await until(stage, () => isReadyAt(fleets.get(key), generation), { what, ...when });
  await kubectl(stage, ['delete', 'nodedeployment', key.name]);
  done(screen, `the operator is back and has finished the rollout that they began, after ${since(startedAt)}`);
}

/** A fresh CRD has no conditions yet, and `kubectl wait` gives up on that; so ask for what it promises. */
async function untilServed({ kubectl: run, signal }: Stage): Promise<void> {
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

function startOperator(stage: Stage) {
  say(stage.screen, '$ node src/main.ts --kubeconfig … --log-format json');
  return stage.startOperator();
}

/** Shows the command line and runs it. `output` is the form in which we want the answer, which nobody sees. */
async function kubectl({ screen, kubectl: run }: Stage, args: readonly string[], output?: string): Promise<string> {
  const quoted = args.map((arg) => (/^[\w./=:-]+$/.test(arg) ? arg : `'${arg}'`));
  say(screen, `$ kubectl ${quoted.join(' ')}`);
  return run(...args, ...(output === undefined ? [] : ['-o', output]));
}

/** Resolves to the generation of the changed spec. */
async function changeImage(stage: Stage, fleet: StoredNodeDeployment): Promise<number> {
  const { namespace, name } = keyOf(fleet);
  const value = nextImage(fleet.spec.template.spec?.containers[0]?.image ?? '');
  const patch = JSON.stringify([{ op: 'replace', path: '/spec/template/spec/containers/0/image', value }]);
  const args = ['patch', 'nodedeployment', name, '-n', namespace, '--type=json', '-p', patch];
  const stored: StoredNodeDeployment = JSON.parse(await kubectl(stage, args, 'json'));
  return stored.metadata.generation ?? 0;
}

/** The largest hand-off there is to see: the fleet with a volume that one machine at a time may hold, and most members. */
function fleetToChange(fleets: readonly StoredNodeDeployment[]): StoredNodeDeployment {
  const gated = fleets.filter(({ spec }) => spec.storage !== undefined && spec.storage.accessMode !== 'ReadWriteMany');
  const bySize = (gated.length > 0 ? gated : fleets).toSorted((a, b) => b.spec.replicas - a.spec.replicas);
  const [first] = bySize;
  if (first === undefined) throw new Error('config/samples has no NodeDeployment');
  return first;
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

type Wait = Pick<WaitOptions, 'what' | 'timeoutMs'>;

async function until({ fleets, signal, operator }: Stage, isDone: () => boolean, wait: Wait): Promise<void> {
  const failed = operator?.failed ?? new Promise<never>(() => {});
  await fleets.until(isDone, { ...wait, signal, failed });
}

async function showUntil(stage: Stage, isDone: () => boolean, wait: Wait): Promise<void> {
  const stopShowing = showTable(stage);
  try {
    await until(stage, isDone, wait);
  } finally {
    stopShowing();
  }
}

function isReadyAt(fleet: StoredNodeDeployment | undefined, generation: number): boolean {
  return fleet !== undefined && (fleet.metadata.generation ?? 0) >= generation && isReady(fleet);
}

function required(fleet: StoredNodeDeployment | undefined, key: ObjectKey): StoredNodeDeployment {
  if (fleet === undefined) throw new Error(`NodeDeployment ${formatKey(key)} is gone`);
  return fleet;
}

function heading(screen: Screen, act: number, title: string): void {
  screen.print();
  screen.print(screen.palette.bold(`${act}/${ACTS}  ${title}`));
}

function say(screen: Screen, line: string): void {
  screen.print(`${INDENT}${line}`);
}

function done(screen: Screen, line: string): void {
  say(screen, screen.palette.good(line));
}
