// The program that members run, and what it leaves on their volume: the evidence of who wrote when.
//
// It appends a line to /data/log when it starts, ten times a second while it runs, and when it has ended: after SIGTERM
// it goes on writing for a while, as a database does that flushes. So a second writer that comes too early is seen.
import { CLAIM, VOLUME } from '../../../src/kube/kinds.ts';
import type { Cluster } from '../../envtest/support/cluster.ts';
import { inMachine } from '../../../hack/kind/machine.ts';
import { site } from '../site.ts';

const PROGRAM = `
const { appendFileSync } = require('node:fs');
const { WRITER, POD_UID, RELEASE, LINGER_MS, RUN_MS } = process.env;
const write = (what) => appendFileSync('/data/log', [Date.now(), WRITER, POD_UID, RELEASE, what].join(' ') + '\\n');
write('start');
setInterval(() => write('beat'), 100);
const endIn = (ms) => setTimeout(() => (write('end'), process.exit(0)), Number(ms));
process.on('SIGTERM', () => endIn(LINGER_MS));
if (RUN_MS) endIn(RUN_MS);
`;

export interface WriterOptions {
  /** Default `member`. */
  readonly writer?: string;
  /** A new release is a new template. Default 1. */
  readonly release?: number;
  /** How long it goes on after SIGTERM; default 1,000. */
  readonly lingerMs?: number;
  /** When it ends by itself. Default: never. */
  readonly runMs?: number;
}

/** A container that writes to the volume `data`. */
export function writerContainer(options: WriterOptions = {}): object {
  const { writer = 'member', release = 1, lingerMs = 1_000, runMs } = options;
  return {
    name: writer,
    image: site().image,
    command: ['node', '-e', PROGRAM],
    env: [
      { name: 'WRITER', value: writer },
      { name: 'RELEASE', value: String(release) },
      { name: 'LINGER_MS', value: String(lingerMs) },
      { name: 'RUN_MS', value: String(runMs ?? '') },
      { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
    ],
    // The folder of a volume may belong to root, by the provisioner.
    securityContext: { runAsUser: 0 },
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  };
}

export interface FleetOptions extends WriterOptions {
  readonly name?: string;
  readonly replicas?: number;
  /** Where the first pod has to go, and with it the volume. */
  readonly machine?: string;
  /** Merged over the spec. */
  readonly spec?: object;
}

/** A fleet `web` of writers, each on a volume of its own. */
export function writers(options: FleetOptions = {}): object {
  const { name = 'web', replicas = 1, machine, spec = {} } = options;
  const template = {
    spec: {
      terminationGracePeriodSeconds: 30,
      ...(machine === undefined ? {} : { nodeSelector: { 'kubernetes.io/hostname': machine } }),
      containers: [writerContainer(options)],
    },
  };
  return {
    apiVersion: 'nodefleet.dev/v1alpha1',
    kind: 'NodeDeployment',
    metadata: { name },
    spec: { replicas, template, storage: { size: '64Mi' }, ...spec },
  };
}

/** One run of one writer: from its first line to its last. */
export interface Session {
  readonly writer: string;
  readonly podUid: string;
  readonly release: number;
  readonly startedAt: number;
  /** Of the last line that there is. */
  readonly lastAt: number;
  /** Whether it ended by itself, after SIGTERM. */
  readonly hasEnded: boolean;
}

/** Who wrote to a claim's volume, in the order of their starts. Read from the machine's disk: no pod has to run. */
export async function sessionsOn(cluster: Cluster, claim: string): Promise<readonly Session[]> {
  const sessions = new Map<string, Session>();
  for (const line of (await readVolume(cluster, claim)).split('\n').filter(Boolean)) {
    const [at = '', writer = '', podUid = '', release, what] = line.split(' ');
    const key = `${writer} ${podUid}`;
    const { startedAt } = sessions.get(key) ?? { startedAt: Number(at) };
    const session = { writer, podUid, release: Number(release), startedAt, lastAt: Number(at) };
    sessions.set(key, { ...session, hasEnded: what === 'end' });
  }
  return [...sessions.values()];
}

/** One line for each two sessions of a writer that overlapped. */
export function findOverlaps(sessions: readonly Session[]): readonly string[] {
  return sessions.flatMap((session, index) =>
    sessions
      .slice(index + 1)
      .filter((other) => other.writer === session.writer && other.startedAt <= session.lastAt)
      .map(
        (other) => `${other.podUid} wrote ${session.lastAt - other.startedAt} ms before ${session.podUid} had ended`,
      ),
  );
}

async function readVolume(cluster: Cluster, claim: string): Promise<string> {
  const { volumeName } =
    (await cluster.client.list(CLAIM, { namespace: cluster.namespace })).find(({ metadata }) => metadata.name === claim)
      ?.spec ?? {};
  const volume = await cluster.client.get(VOLUME, { namespace: '', name: volumeName ?? '' });
  if (volume === undefined) throw new Error(`claim ${claim} has no volume`);
  const path = volume.spec?.hostPath?.path ?? volume.spec?.local?.path;
  const terms = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const machine = terms[0]?.matchExpressions?.[0]?.values?.[0];
  if (path === undefined || machine === undefined) throw new Error(`volume ${volumeName} is no folder of one machine`);
  return inMachine(machine, ['cat', `${path}/log`]);
}
