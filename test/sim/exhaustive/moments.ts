// The moments at which two operators act on the same news: what they have just seen when they begin, and who else has a
// hand in it.
import { NODE_DEPLOYMENT } from '../../../src/api/v1alpha1/node-deployment.ts';
import { ATTACHMENT, CLAIM, POD, SERVICE, STATEFUL_SET, type StatefulSet } from '../../../src/kube/kinds.ts';
import { KEY } from '../actors/people.ts';
import { isObject, type Json } from '../model/document.ts';
import type { ModelServer } from '../model/api-server.ts';
import type { ModelStore } from '../model/store.ts';

export interface Moment {
  readonly name: string;
  readonly replicas: number;
  /** Whether there is a fleet at rest before. */
  readonly isAtRest: boolean;
  /** What somebody does. */
  act(server: ModelServer): void;
  /** What has to come of it until the two are held; default: nothing. */
  readonly until?: (store: ModelStore) => boolean;
  /** What is left to do in the end; default: what the spec says is not there yet. */
  readonly left?: (store: ModelStore) => readonly string[];
}

/** What somebody else does, at any point of the course. */
export interface Meanwhile {
  /** Who, and what. */
  readonly text: string;
  act(server: ModelServer): void;
}

/** What is visited in one go. */
export interface Course {
  readonly name: string;
  readonly moment: Moment;
  /** How many of the two may be killed on the way. */
  readonly crashes: 0 | 1;
  readonly meanwhile?: Meanwhile;
}

const KUBECTL = 'kubectl';
const template = (image: string): Json => ({ template: { spec: { containers: [{ name: 'app', image }] } } });

/** A fleet of which everything is deleted that may be. */
export const specOf = (replicas: number): Json => ({
  ...template('app:1'),
  replicas,
  storage: { size: '10Gi', accessMode: 'ReadWriteOnce', retention: { onDelete: 'Delete', onScaleDown: 'Delete' } },
});

const patch =
  (spec: Json) =>
  (server: ModelServer): void =>
    void server.mergePatch(NODE_DEPLOYMENT, KEY, { spec }, { by: KUBECTL, verb: 'patch' });

export function create(server: ModelServer, replicas: number): void {
  const object = { metadata: { ...KEY }, spec: specOf(replicas) };
  server.create(NODE_DEPLOYMENT, object, { by: KUBECTL, verb: 'create' });
}

const hasPlan = (store: ModelStore): boolean => {
  const status = store.get(NODE_DEPLOYMENT, KEY)?.['status'];
  const plan = isObject(status) ? status['plan'] : undefined;
  return isObject(plan) && plan['phase'] === 'Active';
};

/** What is still there of a fleet that was deleted with its claims. */
const remains = (store: ModelStore): readonly string[] =>
  [NODE_DEPLOYMENT, STATEFUL_SET, SERVICE, POD, CLAIM].flatMap((kind) =>
    store.list(kind).map(({ metadata }) => `${kind.kind} ${metadata.name} is left`),
  );

/** Stopped, and its volume is attached nowhere any more. */
const isLetGo = (store: ModelStore): boolean =>
  store.list(ATTACHMENT).length === 0 &&
  store.list(STATEFUL_SET).some((set) => (set as unknown as StatefulSet).spec?.replicas === 0);

export const MOMENTS: readonly Moment[] = [
  { name: 'edit', replicas: 1, isAtRest: true, act: patch(template('app:2')) },
  { name: 'plan', replicas: 1, isAtRest: true, act: patch(template('app:2')), until: hasPlan },
  { name: 'start', replicas: 1, isAtRest: true, act: patch(template('app:2')), until: isLetGo },
  { name: 'grow', replicas: 1, isAtRest: true, act: patch({ storage: { size: '20Gi' } }) },
  { name: 'scale-up', replicas: 1, isAtRest: true, act: patch({ replicas: 2 }) },
  { name: 'scale-down', replicas: 1, isAtRest: true, act: patch({ replicas: 0 }) },
  {
    name: 'delete',
    replicas: 1,
    isAtRest: true,
    act: (server) => void server.delete(NODE_DEPLOYMENT, KEY, {}, { by: KUBECTL, verb: 'delete' }),
    left: remains,
  },
  { name: 'create', replicas: 1, isAtRest: false, act: (server) => create(server, 1) },
];

/** Another controller writes a condition of its own as it should: on what it has read, locked. */
const AUDIT: Meanwhile = {
  text: 'an auditor: PATCH NodeDeployment web status',
  act: (server) => {
    const live = server.store.get(NODE_DEPLOYMENT, KEY);
    const status = isObject(live?.['status']) ? live['status'] : {};
    const others = Array.isArray(status['conditions']) ? status['conditions'] : [];
    const seen = { type: 'example.com/Audited', status: 'True', reason: 'Seen', message: '' };
    const conditions = [...others, { ...seen, lastTransitionTime: server.timestamp }];
    const resourceVersion = live?.metadata.resourceVersion;
    const write = { by: 'auditor', verb: 'patch', subresource: 'status' } as const;
    if (live !== undefined)
      server.mergePatch(NODE_DEPLOYMENT, KEY, { metadata: { resourceVersion }, status: { conditions } }, write);
  },
};

const EDIT: Meanwhile = {
  text: 'kubectl: PATCH NodeDeployment web',
  act: (server) => {
    if (server.store.get(NODE_DEPLOYMENT, KEY) !== undefined) patch(template('app:3'))(server);
  },
};

/** Each moment with a kill, with another writer, and with an edit that crosses it. The longest first: threads share them out. */
export const COURSES: readonly Course[] = MOMENTS.flatMap((moment): readonly Course[] => [
  { name: `${moment.name}, a kill`, moment, crashes: 1 },
  { name: `${moment.name}, an audit`, moment, crashes: 0, meanwhile: AUDIT },
  { name: `${moment.name}, an edit`, moment, crashes: 0, meanwhile: EDIT },
]);

/** @throws Error that lists the courses there are */
export function courseOf(name: string): Course {
  const course = COURSES.find((one) => one.name === name);
  if (course === undefined)
    throw new Error(`there is no course "${name}"; there are ${COURSES.map((one) => one.name).join('; ')}`);
  return course;
}
