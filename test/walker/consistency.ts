// The first oracle: what is there is what the spec says, and the status tells the truth about it. Written without the
// code of the operator, so that a mistake is not made twice.
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import {
  CLAIM,
  CRON_JOB,
  DISRUPTION_BUDGET,
  POD,
  SERVICE,
  STATEFUL_SET,
  type Kind,
  type Pod,
  type StoredClaim,
  type StoredCronJob,
  type StoredService,
  type StoredStatefulSet,
} from '../../src/kube/kinds.ts';
import type { Stored } from '../../src/kube/object.ts';
import { isObject } from '../sim/model/document.ts';
import type { ClusterState } from './state.ts';
import { KEY } from './world.ts';

interface Fleet {
  readonly deployment: StoredNodeDeployment;
  readonly members: readonly string[];
  readonly sets: readonly StoredStatefulSet[];
  readonly pods: readonly Stored<Pod>[];
  readonly claims: readonly StoredClaim[];
  readonly services: readonly StoredService[];
  readonly cronJobs: readonly StoredCronJob[];
  readonly budgets: readonly Stored[];
}

type Check = (fleet: Fleet) => readonly (string | false)[];

/** What is not as the spec says, or as the status tells; empty where all is well. */
export function inconsistencies(store: ClusterState): readonly string[] {
  const list = <T>(kind: Kind): readonly T[] => store.list(kind) as unknown as readonly T[];
  const [deployment] = list<StoredNodeDeployment>(NODE_DEPLOYMENT);
  if (deployment === undefined) return ['there is no NodeDeployment'];
  const fleet: Fleet = {
    deployment,
    members: Array.from({ length: deployment.spec.replicas }, (_, ordinal) => `${KEY.name}-${ordinal}`),
    sets: list(STATEFUL_SET),
    pods: list(POD),
    claims: list(CLAIM),
    services: list(SERVICE),
    cronJobs: list(CRON_JOB),
    budgets: list(DISRUPTION_BUDGET),
  };
  const { paused, suspend } = deployment.spec;
  const checks: readonly Check[] = [ofStatus, ...(paused ? [] : [ofMembers]), ...(paused || suspend ? [] : [ofPods])];
  return checks.flatMap((check) => check(fleet)).filter((problem) => problem !== false);
}

const ofMembers: Check = ({ deployment: { spec }, members, services, claims, cronJobs, budgets, pods }) => {
  const { storage } = spec;
  const consumers = ofKind(spec, 'CronJob').flatMap((name) => members.map((member) => `${member}-${name}`));
  const due = cronJobs.filter((cronJob) => cronJob.spec?.suspend !== true);
  return [
    same('Services', names(services), members),
    ...services.flatMap((service) => [
      within('ports of Service', spec.service.ports, service.spec?.ports ?? []),
      within('annotations of Service', spec.service.annotations, service.metadata.annotations ?? {}),
    ]),
    storage !== undefined && lacks('claims', names(claims), members),
    ...claims
      .filter(({ metadata }) => members.includes(metadata.name))
      .flatMap((claim) => [
        within('access modes of claim', [storage?.accessMode], claim.spec?.accessModes),
        same('storage class of claim', claim.spec?.storageClassName, storage?.storageClassName),
        within('request of claim', { storage: storage?.size }, claim.spec?.resources?.requests),
      ]),
    same('CronJobs that are due', names(due), spec.suspend ? [] : consumers),
    same('budgets', names(budgets), spec.disruptionBudget === 'Auto' && spec.replicas > 1 ? [KEY.name] : []),
    spec.suspend && same('pods', names(pods), []),
  ];
};

const ofPods: Check = ({ deployment: { spec }, members, sets, pods, cronJobs }) => {
  const followers = ofKind(spec, 'Follower').flatMap((name) => members.map((member) => `${member}-${name}`));
  const all = [...members, ...followers];
  const templateOf = (name: string) => spec.consumers?.find((one) => name.endsWith(`-${one.name}`))?.template;
  return [
    same('StatefulSets', names(sets), all),
    same(
      'pods',
      names(pods),
      all.map((name) => `${name}-0`),
    ),
    ...sets.flatMap(({ metadata, spec: made }) => {
      const wanted = members.includes(metadata.name) ? spec.template : templateOf(metadata.name);
      return [
        within(`template of ${metadata.name}`, wanted, made?.template),
        same(`replicas of ${metadata.name}`, made?.replicas, 1),
      ];
    }),
    ...pods.map(({ metadata, spec: made }) => {
      const name = metadata.name.slice(0, -2);
      const wanted = members.includes(name) ? spec.template : templateOf(name);
      return within(`spec of pod ${metadata.name}`, wanted?.spec, made);
    }),
    ...cronJobs.flatMap(({ metadata, spec: made }) => {
      const consumer = spec.consumers?.find((one) => metadata.name.endsWith(`-${one.name}`));
      return [
        within(`template of ${metadata.name}`, consumer?.template, made?.jobTemplate.spec?.template),
        same(`schedule of ${metadata.name}`, made?.schedule, consumer?.schedule),
        same(`time zone of ${metadata.name}`, made?.timeZone, consumer?.timeZone ?? 'Etc/UTC'),
      ];
    }),
  ];
};

const ofStatus: Check = ({ deployment: { spec, status = {}, metadata }, members, pods, claims }) => {
  const own = pods.filter(({ metadata: { name } }) => members.some((member) => name === `${member}-0`));
  const ready = own.filter(({ status: of }) =>
    of?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
  );
  const condition = (type: string) => status.conditions?.find((one) => one.type === type)?.status;
  const told = status.members?.filter(({ name }) => members.includes(name)) ?? [];
  return [
    same('observedGeneration', status.observedGeneration, metadata.generation),
    same('Accepted', condition('Accepted'), 'True'),
    same('Stalled', condition('Stalled'), 'False'),
    same('Paused', condition('Paused'), spec.paused || spec.rollout.paused ? 'True' : 'False'),
    same('readyReplicas', status.readyReplicas, ready.length),
    !spec.paused && same('replicas', status.replicas, own.length),
    !spec.paused && same('Ready', condition('Ready'), spec.suspend ? 'False' : 'True'),
    same(
      'members',
      told.map(({ name }) => name),
      members,
    ),
    ...told.flatMap((member) => {
      const pod = own.find(({ metadata: { name } }) => name === `${member.name}-0`);
      const claim = claims.find(({ metadata: { name } }) => name === member.name);
      return [
        same(`pod of ${member.name}`, member.podUID, pod?.metadata.uid),
        same(`machine of ${member.name}`, member.nodeName, pod?.spec?.nodeName),
        same(`claim of ${member.name}`, member.claim?.uid, claim?.metadata.uid),
        same(`capacity of ${member.name}`, member.claim?.capacity, claim?.status?.capacity?.['storage']),
      ];
    }),
    status.plan?.phase === 'Active' && !spec.paused && `plan ${status.plan.id} is Active`,
  ];
};

function ofKind({ consumers = [] }: StoredNodeDeployment['spec'], kind: string): readonly string[] {
  return consumers.filter((one) => one.kind === kind).map(({ name }) => name);
}

const names = (objects: readonly Stored[]): readonly string[] =>
  objects.map(({ metadata }) => metadata.name).toSorted();
const text = (value: unknown): string => JSON.stringify(value) ?? 'absent';

function same(what: string, is: unknown, wanted: unknown): string | false {
  const expected = Array.isArray(wanted) ? wanted.map(String).toSorted() : wanted;
  return text(is) !== text(expected) && `${what}: ${text(is)}, wanted ${text(expected)}`;
}

function lacks(what: string, are: readonly string[], wanted: readonly string[]): string | false {
  const absent = wanted.filter((name) => !are.includes(name));
  return absent.length > 0 && `${what}: ${absent.join(', ')} are missing`;
}

/** Whether all that is wanted is there, item by item; the operator may add to it. */
function within(what: string, wanted: unknown, is: unknown): string | false {
  return !isWithin(wanted, is) && `${what}: ${text(is).slice(0, 400)}, wanted ${text(wanted).slice(0, 400)}`;
}

function isWithin(wanted: unknown, is: unknown): boolean {
  if (wanted === undefined || wanted === null) return true;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(is)) return wanted.length === 0;
    // An apply that adds to a list of names need not put it where the spec has it.
    const byName = (item: unknown): unknown =>
      isObject(item) && 'name' in item ? is.find((one) => isObject(one) && one['name'] === item['name']) : undefined;
    return wanted.every((item, index) => isWithin(item, is[index]) || isWithin(item, byName(item) ?? null));
  }
  if (isObject(wanted)) return isObject(is) && Object.entries(wanted).every(([key, value]) => isWithin(value, is[key]));
  return wanted === is;
}
