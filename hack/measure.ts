// `make measure`: the figures of the README and docs/performance.md, on a control plane of its own. How much memory the
// operator holds at rest with 100 NodeDeployments, how soon an edit is acted on when nothing else happens, and how soon
// after a restart.
//
//   node hack/measure.ts [--fleets 100] [--edits 50] [--starts 5]
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { spawn, type ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';

import { NODE_DEPLOYMENT, type NodeDeployment } from '../src/api/v1alpha1/node-deployment.ts';
import type { Stored } from '../src/kube/object.ts';
import { connect } from '../src/runtime/client/kube-client.ts';
import { createObjectClient, type ObjectClient } from '../src/runtime/client/object-client.ts';
import type { Transport } from '../src/runtime/client/transport.ts';
import { sleep, systemClock } from '../src/runtime/clock.ts';
import { readArguments, wholeNumber } from './arguments.ts';
import { startControlPlane } from './control-plane/control-plane.ts';
import { OPERATOR_COMMAND } from './operator-command.ts';
import { openDoor, stop, timeStart, type StartTimes } from './measure/starts.ts';

const top = resolve(import.meta.dirname, '..');
const COLLECTION = '/apis/nodefleet.dev/v1alpha1/namespaces/default/nodedeployments';
const READY_TIMEOUT_MS = 300_000;
const QUIET_MS = 15_000;

async function main(): Promise<void> {
  const number = { type: 'string' } as const;
  const takes = "ARGS='--fleets 100 --edits 50 --starts 5'";
  const given = readArguments('make measure', takes, { fleets: number, edits: number, starts: number });
  const count = (name: keyof typeof given, fallback: number): number =>
    wholeNumber('make measure', `--${name}`, given[name], fallback);
  const [fleets, edits, starts] = [count('fleets', 100), count('edits', 50), count('starts', 5)];
  await using plane = await startControlPlane({ with: ['controller-manager', 'scheduler', 'kwok', 'storage'] });
  await run(plane.kubectl, ['apply', '--kubeconfig', plane.kubeconfigPath, '-f', join(top, 'crds')]);
  const { transport } = await connect({
    environment: {},
    userAgent: 'nodefleet-measure',
    kubeconfig: plane.kubeconfigPath,
  });
  // A CRD is served a moment after it was applied.
  while ((await transport.request({ method: 'GET', path: COLLECTION })).status === 404) await sleep(systemClock, 100);
  using door = await openDoor(plane);
  const start = (): ChildProcess => startOperator(door.kubeconfigPath);
  const operator = start();
  try {
    const client = createObjectClient(transport);
    progress(`creating ${fleets} fleets of one member with a claim each`);
    for (let index = 0; index < fleets; index += 1) await create(transport, `fleet-${index}`);
    await untilReady(client, fleets);
    progress(`all Ready; ${QUIET_MS / 1000} s of quiet`);
    await sleep(systemClock, QUIET_MS);
    const rest = memoryOf(operator);
    progress(`${edits} edits, one after the other`);
    const latencies: number[] = [];
    for (let index = 0; index < edits; index += 1) {
      const { acknowledgedAt, seenAt } = await edit(transport, client, `fleet-${index % fleets}`, index);
      latencies.push(Math.max(0, seenAt - acknowledgedAt));
    }
    await stop(operator);
    progress(`${starts} starts, each with an edit`);
    const times: StartTimes[] = [];
    for (let index = 0; index < starts; index += 1) {
      times.push(await timeStart(door, start, () => edit(transport, client, `fleet-${index % fleets}`, edits + index)));
    }
    console.log(`memory at rest, ${fleets} NodeDeployments: ${rest} MiB RSS`);
    console.log(
      `edit to the operator's first write: median ${percentile(latencies, 0.5)} ms, 99th percentile ${percentile(latencies, 0.99)} ms`,
    );
    tell('exec to the first connection', times, ({ connectedMs }) => connectedMs);
    tell('exec to the first write on an edit made at once', times, ({ wroteMs }) => wroteMs);
    tell('SIGTERM to exit', times, ({ stoppedMs }) => stoppedMs);
  } finally {
    await stop(operator);
    await transport.close();
  }
}

function startOperator(kubeconfig: string): ChildProcess {
  const ports = ['--metrics-bind-address=127.0.0.1:0', '--health-probe-bind-address=127.0.0.1:0'];
  const [program, ...args] = [...OPERATOR_COMMAND, '--kubeconfig', kubeconfig, '--leader-elect=false', ...ports];
  return spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function tell(what: string, times: readonly StartTimes[], of: (each: StartTimes) => number): void {
  const all = times.map(of);
  console.log(`${what}: median ${percentile(all, 0.5)} ms, most ${percentile(all, 1)} ms`);
}

function percentile(all: readonly number[], share: number): string {
  return (all.toSorted((a, b) => a - b)[Math.ceil(all.length * share) - 1] ?? NaN).toFixed(1);
}

async function create(transport: Transport, name: string): Promise<void> {
  const body = JSON.stringify({
    apiVersion: 'nodefleet.dev/v1alpha1',
    kind: 'NodeDeployment',
    metadata: { name },
    spec: {
      template: { spec: { containers: [{ name: 'app', image: 'example.com/app:1' }] } },
      storage: { size: '1Gi', mountPath: '/data' },
    },
  });
  const { status, body: answer } = await transport.request({
    method: 'POST',
    path: COLLECTION,
    body,
    headers: JSON_TYPE,
  });
  if (status !== 201) throw new Error(`measure: creating ${name}: ${status} ${answer}`);
}

const JSON_TYPE = { 'content-type': 'application/json' };

function isReady({ metadata, status }: Stored<NodeDeployment>): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && ready.observedGeneration === metadata.generation;
}

async function untilReady(client: ObjectClient, count: number): Promise<void> {
  const deadline = systemClock.monotonic() + READY_TIMEOUT_MS;
  for (let ready = 0; ready < count; await sleep(systemClock, 1000)) {
    ready = (await client.list(NODE_DEPLOYMENT)).filter(isReady).length;
    progress(`${ready} of ${count} Ready`);
    if (systemClock.monotonic() > deadline) throw new Error(`measure: only ${ready} of ${count} are Ready`);
  }
}

interface Edit {
  readonly acknowledgedAt: number;
  /** When a watch showed what the operator wrote because of it. */
  readonly seenAt: number;
}

/** Both on the monotonic clock. Resolves when all fleets are Ready again. */
async function edit(transport: Transport, client: ObjectClient, name: string, index: number): Promise<Edit> {
  const stopWatch = new AbortController();
  const containers = [{ name: 'app', image: `example.com/app:edit-${index}` }];
  const body = JSON.stringify({ spec: { template: { spec: { containers } } } });
  const { resourceVersion } = await client.snapshot(NODE_DEPLOYMENT, { namespace: 'default' });
  const events = client.watch(NODE_DEPLOYMENT, {
    namespace: 'default',
    resourceVersion,
    timeoutSeconds: 60,
    signal: stopWatch.signal,
  });
  const seen = (async () => {
    for await (const event of events) {
      if (event.type === 'BOOKMARK' || event.object.metadata.name !== name) continue;
      const { metadata, status } = event.object;
      if (status?.observedGeneration === metadata.generation) return systemClock.monotonic();
    }
    throw new Error(`measure: the edit of ${name} was not seen within 60 s`);
  })();
  const headers = { 'content-type': 'application/merge-patch+json' };
  await transport.request({ method: 'PATCH', path: `${COLLECTION}/${name}`, body, headers });
  const acknowledgedAt = systemClock.monotonic();
  const seenAt = await seen;
  stopWatch.abort();
  while (!(await client.list(NODE_DEPLOYMENT)).every(isReady)) await sleep(systemClock, 100);
  return { acknowledgedAt, seenAt };
}

function memoryOf({ pid }: ChildProcess): string {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kilobytes) / 1024).toFixed(0);
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`measure: ${command} ended with ${code}`);
}

function progress(text: string): void {
  console.error(`measure: ${text}`);
}

await main();
