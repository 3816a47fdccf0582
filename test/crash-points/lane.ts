// One fleet that goes through all operations, with one kill -9 of the operator's process in each: at the k-th boundary
// of the writes of a run without a fault. Boundary 2i is before write i reaches the API server, 2i + 1 after it was
// carried out and before the process hears of it, and the one after the last write is when all is done.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { CLAIM, STATEFUL_SET } from '../../src/kube/kinds.ts';
import { newCluster, type Cluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { startOperatorProcess, type OperatorProcess } from '../envtest/support/operator-process.ts';
import { openProxy, type HoldPhase, type Passage, type Proxy } from '../envtest/support/proxy.ts';
import { volumesOf } from '../envtest/support/stage.ts';
import { storyOf } from '../envtest/support/story.ts';
import { findDoubleUse, recordTruth, type Truth } from '../envtest/support/truth.ts';
import { IN_CLUSTER, IN_NAMESPACE, newUser } from '../envtest/support/users.ts';
import { endState } from './end-state.ts';
import { OPERATIONS, type Operation } from './operations.ts';

/** As it is shipped: it starts in a third of the time. */
const BUILT = join(import.meta.dirname, '../../dist/main.js');

/** What became of one operation. */
export interface Passed {
  readonly operation: string;
  readonly lane: string;
  /** What the process wrote, Events left out: `PATCH statefulsets/web-0`. */
  readonly writes: readonly string[];
  /** Where it was killed; undefined: nobody was. */
  readonly killedAt: string | undefined;
  readonly state: readonly string[];
  /** What happened to members, sorted: an effect that happened twice is there twice. */
  readonly effects: readonly string[];
  /** Broken promises of I7. */
  readonly doubleUse: readonly string[];
}

interface Lane {
  readonly cluster: Cluster;
  readonly truth: Truth;
  readonly proxy: Proxy;
  readonly start: () => Promise<OperatorProcess>;
}

/** All boundaries of an operation's writes, and the one after the last. */
export function boundariesOf({ writes }: Passed): number {
  return 2 * writes.length + 1;
}

/** Where to kill: at the n-th write of that line since the operation began, or `last`, when it is over. */
type Point = { readonly line: string; readonly nth: number; readonly phase: HoldPhase } | 'last';

/** Status patches may fall together, so a write is known by what it writes, and not by how many were before it. */
function pointAt(reference: Passed | undefined, boundary: number): Point {
  const writes = reference?.writes ?? [];
  const line = writes[Math.floor(boundary / 2)];
  if (line === undefined) return 'last';
  const nth = writes.slice(0, Math.floor(boundary / 2) + 1).filter((one) => one === line).length;
  return { line, nth, phase: boundary % 2 === 0 ? 'before-send' : 'after-commit' };
}

/** Kills at that boundary of each operation, and ends with the last one that has so many; without one nobody is killed. */
export async function runLane(reference: readonly Passed[] = [], boundary = 0): Promise<readonly Passed[]> {
  const last = reference.findLastIndex((passed) => boundariesOf(passed) > boundary);
  const lane = await openLane();
  const passed: Passed[] = [];
  let operator = await lane.start();
  let volumes: ReadonlyMap<string, string> = new Map();
  for (const [index, operation] of OPERATIONS.entries()) {
    if (reference.length > 0 && index > last) break;
    const since = await newestVersion(lane);
    const from = writesOf(lane.proxy).length;
    const point = reference.length === 0 ? undefined : pointAt(reference[index], boundary);
    const killedAt = await killIn(lane, operator, operation, point);
    if (killedAt !== undefined) operator = await lane.start();
    await settle(lane, operation);
    const { cluster, truth } = lane;
    // Of claims that are gone, too.
    volumes = new Map([...volumes, ...(await volumesOf(cluster))]);
    await truth.caughtUp();
    passed.push({
      operation: operation.id,
      lane: reference.length === 0 ? 'without a fault' : `boundary ${boundary}`,
      writes: writesOf(lane.proxy).slice(from).map(lineOf),
      killedAt,
      state: await endState(cluster),
      effects: effectsOf(truth, volumes, since),
      doubleUse: findDoubleUse(truth, volumes),
    });
  }
  operator.signal('SIGKILL');
  await operator.exited;
  return passed;
}

async function openLane(): Promise<Lane> {
  const cluster = await newCluster();
  const user = await newUser(cluster);
  await user.grant('namespace', IN_NAMESPACE);
  await user.grant('cluster', IN_CLUSTER);
  const proxy = await openProxy(user.kubeconfigPath);
  const folder = mkdtempSync(join(tmpdir(), 'nodefleet-crash-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(proxy.kubeconfig), { mode: 0o600 });
  const flags = [`--kubeconfig=${kubeconfig}`, '--leader-elect=false'];
  return {
    cluster,
    truth: await recordTruth(cluster),
    proxy,
    start: () => startOperatorProcess(cluster, { flags, program: BUILT }),
  };
}

/** Begins the operation, and kills the process at that point of it. Resolves to where it was. */
async function killIn(
  lane: Lane,
  operator: OperatorProcess,
  operation: Operation,
  point: Point | undefined,
): Promise<string | undefined> {
  const { proxy, cluster } = lane;
  const from = writesOf(proxy).length;
  const over = new AbortController();
  const isPoint = (passage: Passage): boolean => {
    if (point === undefined || point === 'last' || over.signal.aborted || lineOf(passage) !== point.line) return false;
    const same = writesOf(proxy)
      .slice(from)
      .filter((one) => lineOf(one) === point.line);
    return same.indexOf(passage) === point.nth - 1;
  };
  const held = point === undefined || point === 'last' ? undefined : proxy.hold(isPoint, point.phase);
  await operation.begin(cluster);
  if (point === undefined) return undefined;
  const reached = held?.reached.then(() => true) ?? new Promise<never>(() => {});
  const isHeld = await Promise.race([reached, settle(lane, operation, over.signal).then(() => false)]);
  over.abort();
  operator.signal('SIGKILL');
  await operator.exited;
  held?.drop();
  return isHeld && point !== 'last' ? `${point.phase} of ${point.line}` : 'after the last write';
}

/** Resolves when the operation is over and the process has written nothing for a while. */
async function settle({ cluster, proxy }: Lane, operation: Operation, signal?: AbortSignal): Promise<void> {
  let known = -1;
  const look = async (): Promise<void> => {
    if (signal?.aborted) return;
    await operation.expectEnd(cluster);
    const now = writesOf(proxy).length;
    const isQuiet = now === known;
    known = now;
    if (!isQuiet) throw new Error('the operator still writes');
  };
  await eventually(look, { timeoutMs: 90_000, intervalMs: 500 });
}

/** What changes something. Events are records: nobody computes anything from them. */
function writesOf(proxy: Proxy): readonly Passage[] {
  return proxy.writes().filter(({ path }) => !/\/events(\/|\?|$)/.test(path));
}

function lineOf({ method, path }: Passage): string {
  const [, resource = path] = /\/namespaces\/[^/]+\/([^?]*)/.exec(path) ?? [];
  return `${method} ${resource}`;
}

async function newestVersion({ cluster }: Lane): Promise<number> {
  const said = await cluster.kubectl(['get', '--raw', `/api/v1/namespaces/${cluster.namespace}/pods`]);
  return Number(JSON.parse(said).metadata.resourceVersion);
}

/** What happened to the members since, and how often each child was made. */
function effectsOf(truth: Truth, volumes: ReadonlyMap<string, string>, since: number): readonly string[] {
  const made = [
    [STATEFUL_SET, truth.statefulSets.moments],
    [CLAIM, truth.claims.moments],
  ] as const;
  const births = made.flatMap(([kind, moments]) =>
    moments
      .filter(({ type, at }) => type === 'ADDED' && at > since)
      .map(({ object }) => `${kind.kind} ${object.metadata.name} made`),
  );
  return [...storyOf(truth, volumes, since), ...births].toSorted();
}
