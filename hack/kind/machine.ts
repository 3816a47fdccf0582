// One machine of a test cluster: a container of kindest/node, started with the testcontainers package.
//
// Guarantees: it carries the labels that find it again, and so does the volume below its /var; a container that did not
// start is removed. Its name is that of its container, and everything else is done with `docker exec`: another process
// can go on where this one ended. testcontainers' own reaper stays off, because it is one more image to pull, and it
// would end the cluster of `make kind-up` with the process that made it.
import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';

import { sleep, systemClock } from '../../src/runtime/clock.ts';
import { docker, DockerError, hasImage } from '../docker/docker.ts';
import { API_PORT } from './kubeadm.ts';
import { CLUSTER_LABEL, OWNER_LABEL } from './owner.ts';

export const DEFAULT_NODE_IMAGE = 'kindest/node:v1.36.3';

export interface MachineOptions {
  /** The container's name. */
  readonly container: string;
  readonly cluster: string;
  /** See owner.ts; without one it stays until somebody removes it. */
  readonly owner?: string;
  readonly image: string;
  /** Whether the API server's port is to be reached from the host. */
  readonly isFirst: boolean;
}

export interface StartedMachine {
  readonly container: string;
  readonly address: string;
  /** How the host reaches the API server: `localhost`, or the host of a remote daemon. */
  readonly host: string;
  /** The host's port of the API server. @throws Error unless the machine is the first */
  apiPort(): number;
}

const START_MS = 120_000;
const ATTEMPTS = 3;
const PAUSE_MS = 2_000;

/** Pulls the image if it is not here, with its progress on the terminal. @throws DockerError that says how to get one */
export async function requireNodeImage(image: string): Promise<void> {
  if (await hasImage(image)) return;
  try {
    await docker(['pull', image], { isShown: true });
  } catch (cause) {
    throw new DockerError(
      `${image} is not here and cannot be pulled: set KIND_NODE_IMAGE to a kind node image that \`docker images\` lists (docs/e2e.md)`,
      { cause },
    );
  }
}

/** Resolves once containerd answers in it. */
export async function startMachine(options: MachineOptions): Promise<StartedMachine> {
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  const labels = {
    [CLUSTER_LABEL]: options.cluster,
    ...(options.owner === undefined ? {} : { [OWNER_LABEL]: options.owner }),
  };
  // containerd's store must not lie on the container's own overlay file system.
  const volume = `${options.container}-var`;
  const labelFlags = Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
  await docker(['volume', 'create', ...labelFlags, volume]);
  const started = await startPatiently(options, volume, labels);
  const [network = 'bridge'] = started.getNetworkNames();
  return {
    container: options.container,
    address: started.getIpAddress(network),
    host: started.getHost(),
    apiPort: () => started.getMappedPort(API_PORT),
  };
}

/** On a busy machine a container may end at its very start. It is said why, and it is started again. */
async function startPatiently(
  options: MachineOptions,
  volume: string,
  labels: Record<string, string>,
): Promise<StartedTestContainer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startContainer(options, volume, labels);
    } catch (error) {
      const reason = await whyItEnded(options.container, error);
      if (attempt === ATTEMPTS) throw new Error(reason, { cause: error });
      console.error(`${reason}\n(attempt ${attempt} of ${ATTEMPTS})`);
      await docker(['rm', '--force', options.container]);
      await sleep(systemClock, PAUSE_MS);
    }
  }
}

function startContainer(
  { container, image, isFirst }: MachineOptions,
  volume: string,
  labels: Record<string, string>,
): Promise<StartedTestContainer> {
  const machine = new GenericContainer(image)
    .withName(container)
    .withHostname(container)
    .withLabels(labels)
    .withPrivilegedMode()
    .withTmpFs({ '/run': 'rw', '/tmp': 'rw' })
    .withBindMounts([
      { source: volume, target: '/var', mode: 'rw' },
      { source: '/lib/modules', target: '/lib/modules', mode: 'ro' },
    ])
    .withEnvironment({ KUBECONFIG: '/etc/kubernetes/admin.conf' })
    .withWaitStrategy(Wait.forSuccessfulCommand('ctr version').withStartupTimeout(START_MS));
  return (isFirst ? machine.withExposedPorts(API_PORT) : machine).start();
}

/** testcontainers says that a container ended, not why. */
async function whyItEnded(container: string, error: unknown): Promise<string> {
  const log = await docker(['logs', '--tail', '20', container], { withErrors: true }).catch(() => '');
  const format = 'exit code {{.State.ExitCode}}, {{.State.Status}}, OOM killed: {{.State.OOMKilled}} {{.State.Error}}';
  const state = await docker(['inspect', '--format', format, container]).catch(() => 'no such container');
  const said = error instanceof Error ? error.message : String(error);
  return `${container} did not start: ${said} (${state.trim()})\n${log}`.trimEnd();
}

/** Runs a command in the container. Resolves to its standard output. @throws Error with its standard error */
export function inMachine(container: string, command: readonly string[], input?: string): Promise<string> {
  return docker(['exec', '--interactive', container, ...command], input === undefined ? {} : { input });
}

/** Puts a text into a file of the container. Not below /tmp and /run, which `docker cp` would not see either. */
export async function writeInMachine(container: string, path: string, content: string): Promise<void> {
  await inMachine(container, ['sh', '-c', `mkdir -p "$(dirname ${path})" && cat >${path}`], content);
}
