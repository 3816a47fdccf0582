// The operator's process: the only file that reads the environment, handles signals and exits.
//
// Exit codes: 0 after SIGTERM or SIGINT, 1 for a failure, 2 for a wrong flag. Each failure is one line on standard error.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

import { STATUS_FIELD_MANAGER } from './api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from './api/v1alpha1/node-deployment.ts';
import { elect, leaseNamespaceOf, type Candidacy } from './election.ts';
import { UsageError } from './flags.ts';
import { createOperator, type Operator } from './operator.ts';
import { parseCommand, type Options } from './options.ts';
import type { Metrics } from './metrics.ts';
import { connect } from './runtime/client/kube-client.ts';
import { createObjectClient } from './runtime/client/object-client.ts';
import { collectionPath, withQuery } from './runtime/client/rest-path.ts';
import type { Transport } from './runtime/client/transport.ts';
import { sleep, systemClock } from './runtime/clock.ts';
import { ping } from './runtime/health/checks.ts';
import { answerProbe, type Probes } from './runtime/health/probes.ts';
import { startHttpServer, type HttpServer, type HttpServerOptions } from './runtime/http/http-server.ts';
import { createLogger, type Logger } from './runtime/log.ts';
import { systemRandom } from './runtime/random.ts';
import type { OtlpTracer } from './runtime/tracing/otlp-tracer.ts';
import { createTracedTransport } from './runtime/tracing/traced-transport.ts';
import { isTracingAsked } from './runtime/tracing/tracing-environment.ts';
import type { Shard } from './shards.ts';

const CRD_TIMEOUT_MS = 10_000;

/** While there is no operator yet: alive, not ready. */
const STARTING: Probes = {
  healthz: [ping],
  readyz: [ping, { name: 'start', problem: () => 'the API server has not been reached yet' }],
};

async function run(options: Options, version: string, signal: AbortSignal): Promise<void> {
  const log = createLogger({ level: options.logLevel, format: options.logFormat });
  const metrics = await loadMetrics(options, version);
  const tracing = await loadTracing(version, log);
  let probes = STARTING;
  // First of all: an address that cannot be used is found before anything is done.
  const servers = await startServers(options, log, metrics, () => probes);
  try {
    await serve({ options, version, log, metrics, tracing, signal }, (checks) => {
      const stop = { name: 'stop', problem: () => (signal.aborted ? 'the operator is stopping' : undefined) };
      probes = { healthz: [ping, ...checks.healthz], readyz: [ping, ...checks.readyz, stop] };
    });
  } finally {
    await tracing?.close();
    await Promise.all(servers.map((server) => server.close()));
  }
}

/** Where nobody asks for traces, the libraries are not even read. */
async function loadTracing(version: string, log: Logger): Promise<OtlpTracer | undefined> {
  if (!isTracingAsked(process.env)) return undefined;
  const { createOtlpTracer } = await import('./runtime/tracing/otlp-tracer.ts');
  return createOtlpTracer({ service: 'nodefleet', version, instance: hostname(), environment: process.env, log });
}

/** Where nobody asks for metrics, they cost no memory either. */
async function loadMetrics({ metricsBindAddress, workers }: Options, version: string): Promise<Metrics | undefined> {
  if (metricsBindAddress === 'off') return undefined;
  const { createMetrics } = await import('./metrics.ts');
  return createMetrics({ clock: systemClock, version, workers });
}

/** What is asked from outside. @throws Error if an address cannot be used; then none is. */
async function startServers(
  { metricsBindAddress, healthProbeBindAddress }: Options,
  log: Logger,
  metrics: Metrics | undefined,
  probes: () => Probes,
): Promise<readonly HttpServer[]> {
  const servers: HttpServer[] = [];
  const start = async (what: string, server: HttpServerOptions): Promise<void> => {
    const started = await startHttpServer(server);
    servers.push(started);
    log.info({ step: 'start', url: started.url }, `serving ${what}`);
  };
  try {
    if (healthProbeBindAddress !== 'off') {
      const answer = (url: URL) => answerProbe(probes(), url);
      const option = '--health-probe-bind-address';
      await start('/healthz and /readyz', { option, address: healthProbeBindAddress, log, answer });
    }
    if (metricsBindAddress !== 'off' && metrics !== undefined) {
      const { answer } = metrics;
      await start('/metrics', { option: '--metrics-bind-address', address: metricsBindAddress, log, answer });
    }
    return servers;
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()));
    throw error;
  }
}

interface Process {
  readonly options: Options;
  readonly version: string;
  readonly log: Logger;
  readonly metrics: Metrics | undefined;
  readonly tracing: OtlpTracer | undefined;
  readonly signal: AbortSignal;
}

async function serve(
  { options, version, log, metrics, tracing, signal }: Process,
  onOperator: (probes: Operator['probes']) => void,
): Promise<void> {
  const { kubeconfig, context } = options;
  // What is wrong with it is found before anything is done.
  const leaseNamespace = options.leaderElect ? leaseNamespaceOf(options.leaderElectionNamespace) : undefined;
  const connection = await connect({
    environment: process.env,
    userAgent: `nodefleet/${version}`,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  });
  try {
    const { server } = connection;
    const metered = metrics?.meter(connection.transport, server) ?? connection.transport;
    await untilServed(server, metered, options.namespaces[0], signal);
    const observer = metrics && { observer: metrics.leadership };
    const electorate = { ...options, ...observer, leaseNamespace, clock: systemClock, random: systemRandom, log };
    const [first, ...others] = elect(metered, electorate).map((candidacy) => shardOf(candidacy, tracing));
    if (first === undefined) throw new UsageError('--shards: there is none');
    const operator = createOperator({
      ...options,
      shards: [first, ...others],
      ...(leaseNamespace !== undefined && { leaseNamespace }),
      ...metrics?.observers,
      ...(tracing && { tracer: tracing.tracer }),
      clock: systemClock,
      random: systemRandom,
      log,
      instance: hostname(),
    });
    metrics?.watch(operator);
    onOperator(operator.probes);
    const { namespaces, shards } = options;
    log.info({ step: 'start', version, server, namespaces, shards }, 'starting');
    void operator.whenReady(signal).then(() => log.info({ step: 'start' }, 'caches are read'));
    await operator.manager.run(signal);
  } finally {
    await connection.transport.close();
  }
}

function shardOf({ shard: name, transport, ...election }: Candidacy, tracing: OtlpTracer | undefined): Shard {
  const traced = tracing === undefined ? transport : createTracedTransport(transport, tracing.tracer);
  return { name, client: createObjectClient(traced, { statusFieldManager: STATUS_FIELD_MANAGER }), ...election };
}

/** A CRD that was applied a moment ago is not served yet. @throws Error if it still is not after `CRD_TIMEOUT_MS` */
async function untilServed(
  server: string,
  transport: Transport,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  // Where it has a right to look: elsewhere a missing right hides that the kind is missing.
  const path = withQuery(collectionPath(NODE_DEPLOYMENT, namespace), { limit: 1 });
  const deadline = systemClock.monotonic() + CRD_TIMEOUT_MS;
  while (!signal.aborted) {
    const { status } = await transport.request({ method: 'GET', path });
    if (status !== 404) return;
    if (systemClock.monotonic() >= deadline) {
      throw new Error(`${server} does not know NodeDeployments; install the CRD: kubectl apply -f crds/`);
    }
    await sleep(systemClock, 500, signal);
  }
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version }: { version: string } = JSON.parse(text);
  return version;
}

/** Aborts on the first signal; a second one ends the process at once. */
function stopOnSignals(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
      stop.abort();
    });
  }
  return stop.signal;
}

try {
  const command = parseCommand(process.argv.slice(2), process.env);
  const version = readVersion();
  if (command.type === 'help') process.stdout.write(command.text);
  else if (command.type === 'version') process.stdout.write(`nodefleet ${version}\n`);
  else await run(command.options, version, stopOnSignals());
} catch (error) {
  process.stderr.write(`nodefleet: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? error.exitCode : 1;
}
// All is closed and written. Left alone, Node.js would take the heap apart first: 20 ms and more.
process.exit();
