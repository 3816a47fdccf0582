// Reads everything that the chain of one member may need, live; what may not be read is remembered instead.
import { LABEL } from '../../api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { revisionOf } from '../../domain/desired/pod-template.ts';
import { arrange, NO_READINGS, surgeName, type Optional, type Readings } from '../../domain/observed.ts';
import {
  ATTACHMENT,
  CLAIM,
  CRON_JOB,
  CSI_DRIVER,
  EVENT,
  JOB,
  MACHINE,
  POD,
  STATEFUL_SET,
  VOLUME,
  type StoredClaim,
  type StoredMachine,
  type StoredVolume,
} from '../../kube/kinds.ts';
import { CommandError } from '../errors.ts';
import { readFleet, TolerantReader, type Session } from '../session.ts';
import { isUp, type Facts, type Warning } from './facts.ts';

/** @throws CommandError if the name is not that of a member of an existing fleet */
export async function readFacts(session: Session, memberName: string): Promise<Facts> {
  const { namespace, clock, kubectl } = session;
  const dash = memberName.lastIndexOf('-');
  const deployment = await readFleet(session, memberName.slice(0, dash)).catch(async (error: unknown) => {
    throw (await podName(session, memberName)) ?? (await consumerOf(session, memberName)) ?? error;
  });
  const ordinal = Number(memberName.slice(dash + 1));
  const reader = new TolerantReader(session.reader);
  const readings = await readMember(reader, namespace, memberName);
  const now = clock.now();
  const observed = arrange(deployment, now, { ...readings, unreadable: optional(reader.unreadable) });
  const member = observed.members.find((one) => one.ordinal === ordinal);
  if (member === undefined || member.name !== memberName) throw noMember(deployment, memberName);
  const facts: Facts = {
    observed,
    member,
    revision: revisionOf(deployment.spec),
    unreadable: reader.unreadable,
    warnings: new Map(),
    kubectl,
  };
  return isUp(facts) ? facts : { ...facts, warnings: await readWarnings(reader, namespace) };
}

/** The remedy for the name of a pod, which is its member's and `-0`. */
async function podName({ reader, namespace }: Session, name: string): Promise<CommandError | undefined> {
  const [, member, fleet] = /^((.+)-\d+)-0$/.exec(name) ?? [];
  if (member === undefined || fleet === undefined) return undefined;
  const isFleet = (await reader.get(NODE_DEPLOYMENT, { namespace, name: fleet })) !== undefined;
  return isFleet ? new CommandError(`${name} is the name of a pod; ask for its member: why ${member}`) : undefined;
}

/** The remedy for the name of a consumer, `<member>-<consumer>`, or of its pod. */
async function consumerOf({ reader, namespace }: Session, name: string): Promise<CommandError | undefined> {
  const [, member, fleet] = /^((.+?)-\d+)-[a-z].*$/.exec(name) ?? [];
  if (member === undefined || fleet === undefined) return undefined;
  const isFleet = (await reader.get(NODE_DEPLOYMENT, { namespace, name: fleet })) !== undefined;
  return isFleet ? new CommandError(`${name} is of a consumer; ask for its member: why ${member}`) : undefined;
}

async function readMember(reader: TolerantReader, namespace: string, name: string): Promise<Readings> {
  const key = { namespace, name };
  const ofConsumers = { namespace, labelSelector: `${LABEL.consumerOf}=${name}` };
  const [statefulSet, surge, followers, cronJobs, jobs, claim, pods, attachments] = await Promise.all([
    reader.get(STATEFUL_SET, key),
    reader.get(STATEFUL_SET, { namespace, name: surgeName(name) }),
    reader.list(STATEFUL_SET, ofConsumers),
    reader.list(CRON_JOB, ofConsumers),
    reader.list(JOB, ofConsumers),
    reader.get(CLAIM, key),
    reader.list(POD, { namespace }),
    reader.list(ATTACHMENT),
  ]);
  const volume = await readVolume(reader, claim);
  const driver = volume?.spec?.csi?.driver;
  const drivers = driver === undefined ? [] : present(await reader.get(CSI_DRIVER, { namespace: '', name: driver }));
  return {
    ...NO_READINGS,
    statefulSets: [...present(statefulSet), ...present(surge), ...followers],
    cronJobs,
    jobs,
    claims: present(claim),
    pods,
    attachments,
    volumes: present(volume),
    drivers,
    machines: await readMachines(reader),
  };
}

async function readVolume(reader: TolerantReader, claim: StoredClaim | undefined): Promise<StoredVolume | undefined> {
  const name = claim?.spec?.volumeName;
  return name === undefined || name === '' ? undefined : reader.get(VOLUME, { namespace: '', name });
}

async function readMachines(reader: TolerantReader): Promise<ReadonlyMap<string, StoredMachine>> {
  const machines = await reader.list(MACHINE);
  return new Map(machines.map((machine) => [machine.metadata.name, machine]));
}

async function readWarnings(reader: TolerantReader, namespace: string): Promise<ReadonlyMap<string, Warning>> {
  const warnings = new Map<string, Warning>();
  for (const { type, regarding, reason = '', note = '', ...event } of await reader.list(EVENT, { namespace })) {
    if (type !== 'Warning' || regarding?.uid === undefined) continue;
    const stamp =
      event.series?.lastObservedTime ??
      event.deprecatedLastTimestamp ??
      event.eventTime ??
      event.metadata.creationTimestamp;
    const warning = { reason, note, atMs: Date.parse(stamp) };
    const known = warnings.get(regarding.uid);
    if (known === undefined || known.atMs <= warning.atMs) warnings.set(regarding.uid, warning);
  }
  return warnings;
}

const OPTIONAL: Readonly<Record<string, Optional>> = {
  [ATTACHMENT.kind]: 'attachments',
  [VOLUME.kind]: 'volumes',
  [MACHINE.kind]: 'machines',
  [CSI_DRIVER.kind]: 'drivers',
};

function optional(kinds: ReadonlySet<string>): ReadonlySet<Optional> {
  return new Set([...kinds].flatMap((kind) => OPTIONAL[kind] ?? []));
}

function present<T>(object: T | undefined): readonly T[] {
  return object === undefined ? [] : [object];
}

function noMember(deployment: StoredNodeDeployment, name: string): CommandError {
  const { replicas } = deployment.spec;
  const own = deployment.metadata.name;
  const range =
    replicas === 0 ? 'it has none' : replicas === 1 ? `it has ${own}-0` : `it has ${own}-0 to ${own}-${replicas - 1}`;
  return new CommandError(`${NODE_DEPLOYMENT.kind} ${own} has no member ${name}: ${range}`);
}
