// Each invariant is red for a history that breaks it, and green for the same history done right.
import { expect, test } from 'vitest';

import { FINALIZER, LABEL, ANNOTATION } from '../../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../../src/api/v1alpha1/node-deployment.ts';
import { revisionOf } from '../../../src/domain/desired/pod-template.ts';
import { ATTACHMENT, CLAIM, POD, SERVICE, STATEFUL_SET, VOLUME } from '../../../src/kube/kinds.ts';
import { controllerReference } from '../../../src/kube/owner-references.ts';
import type { Process } from '../actors/processes.ts';
import { startBesideWriter } from './start-rules.ts';
import { twoWriters } from './volume-rules.ts';
import { type Commit, ModelServer, type Write } from '../model/api-server.ts';
import type { Document, Json } from '../model/document.ts';
import { type Checked, watchInvariants } from './invariants.ts';
import { Past } from './past.ts';

const KEY = { namespace: 'default', name: 'web' };
const MEMBER = { namespace: 'default', name: 'web-0' };
const KUBECTL = { by: 'kubectl', verb: 'patch' } as const;
const AT = '2026-01-01T00:00:00Z';
const IMAGE = { spec: { containers: [{ name: 'app', image: 'app:1' }] } };

/** A server with one fleet, and what operators have broken on it. */
class Scene {
  nowMs = 0;
  readonly server = new ModelServer(() => Date.UTC(2026, 0, 1) + this.nowMs);
  readonly broken: string[] = [];
  readonly checked: Checked = new Map();
  readonly past = new Past();
  deployment: Document;

  constructor(spec: Json = {}) {
    const onBreach = ({ invariant }: { readonly invariant: string }): void => void this.broken.push(invariant);
    watchInvariants(this.server, () => this.nowMs, { checked: this.checked, onBreach }, this.past);
    this.deployment = this.make(spec);
  }

  make(spec: Json = {}): Document {
    const template = { spec: { containers: [{ name: 'app', image: 'app:1' }] } };
    const write = { by: 'kubectl', verb: 'create' } as const;
    this.deployment = this.server.create(NODE_DEPLOYMENT, { metadata: { ...KEY }, spec: { template, ...spec } }, write);
    return this.deployment;
  }

  /** An operator's status patch; `metadata` is the lock it sends. */
  status(status: Json, metadata: Json = this.lock): void {
    const body = { metadata, status: { observedGeneration: this.deployment.metadata.generation, ...status } };
    const sent = body.metadata['resourceVersion'] === this.lock['resourceVersion'] ? body : { status: body.status };
    this.deployment = this.server.mergePatch(NODE_DEPLOYMENT, KEY, sent, {
      ...operator('patch', body),
      subresource: 'status',
    });
  }

  get lock(): Json {
    const { uid, resourceVersion } = this.server.store.get(NODE_DEPLOYMENT, KEY)?.metadata ?? {};
    return { uid, resourceVersion };
  }

  patch(change: Json): void {
    this.deployment = this.server.mergePatch(NODE_DEPLOYMENT, KEY, change, KUBECTL);
  }

  finalizers(finalizers: readonly string[]): void {
    const body = { metadata: { ...this.lock, finalizers } };
    this.server.mergePatch(NODE_DEPLOYMENT, KEY, body, operator('patch', body));
  }

  /** The StatefulSet of the member on that revision, as an operator applies it. */
  set(revision: string, change: Json = {}): Document {
    const labels = { [LABEL.member]: MEMBER.name, [LABEL.revision]: revision };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: revision }] } };
    const ownerReferences = [controllerReference(NODE_DEPLOYMENT, this.deployment)];
    const metadata = { ...MEMBER, labels: { [LABEL.member]: MEMBER.name }, ownerReferences, ...change };
    return this.server.apply(STATEFUL_SET, MEMBER, { metadata, spec: { template } }, operator('apply'));
  }

  plan(targetRevision: string, change: Json = {}): Json {
    const generation = this.deployment.metadata.generation;
    const plan = { id: `id-${targetRevision}`, purpose: 'Rollout', generation, targetRevision, phase: 'Active' };
    return { plan: { ...plan, createdAt: AT, members: [], ...change } };
  }

  claim(change: Json = {}): Document {
    const annotations = { [ANNOTATION.deploymentUid]: this.deployment.metadata.uid };
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } }, ...change };
    return this.server.apply(CLAIM, MEMBER, { metadata: { ...MEMBER, annotations }, spec }, operator('apply'));
  }

  remove(kind: typeof CLAIM | typeof STATEFUL_SET, target: Document, uid = target.metadata.uid, by?: string): void {
    const write = operator('delete', { preconditions: { uid } });
    this.server.delete(kind, MEMBER, {}, by === undefined ? write : { ...write, by });
  }

  /** A member with a Ready pod. */
  running(name: string): void {
    const labels = { [LABEL.member]: name };
    const ownerReferences = [controllerReference(NODE_DEPLOYMENT, this.deployment)];
    const metadata = { namespace: 'default', name, labels, ownerReferences };
    this.server.apply(STATEFUL_SET, metadata, { metadata, spec: { replicas: 1, template: IMAGE } }, operator('apply'));
    this.renew(name);
  }

  /** The revision of the fleet's template. */
  get wanted(): string {
    return revisionOf((this.deployment as unknown as StoredNodeDeployment).spec);
  }

  /** A member whose StatefulSet has the one template, and its Ready pod the other. */
  serving(revision: string, ofPod: string): void {
    this.status(this.plan(revision));
    this.set(revision);
    this.renew(MEMBER.name, ofPod);
  }

  /** Another pod serves in its place. */
  surge(name: string): void {
    this.renew(`${name}-surge`, undefined, { [LABEL.member]: name, [LABEL.surge]: 'true' });
  }

  /** An operator takes that pod away again. */
  takeSurge(name: string): void {
    const labels = { [LABEL.member]: name };
    const ownerReferences = [controllerReference(NODE_DEPLOYMENT, this.deployment)];
    const key = { namespace: 'default', name: `${name}-surge` };
    const metadata = { ...key, labels, ownerReferences };
    const made = this.server.create(STATEFUL_SET, { metadata, spec: { template: IMAGE } }, operator('create'));
    const { uid } = made.metadata;
    this.server.delete(STATEFUL_SET, key, {}, operator('delete', { preconditions: { uid } }));
  }

  /** Its pod is made anew, and Ready. */
  renew(name: string, revision?: string, more: Json = {}): void {
    const key = { namespace: 'default', name: `${name}-0` };
    const by = { by: 'kubelet', verb: 'update' } as const;
    if (this.server.store.get(POD, key) !== undefined) this.server.delete(POD, key, {}, by);
    const labels = { [LABEL.member]: name, ...(revision !== undefined && { [LABEL.revision]: revision }), ...more };
    this.server.create(POD, { metadata: { ...key, labels }, spec: {} }, by);
    const ready = { status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: AT }] } };
    this.server.mergePatch(POD, key, ready, { ...by, subresource: 'status' });
  }

  /** Its pod is not Ready any more. */
  break(name: string): void {
    const change = { status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: AT }] } };
    const by = { by: 'kubelet', verb: 'update', subresource: 'status' } as const;
    this.server.mergePatch(POD, { namespace: 'default', name: `${name}-0` }, change, by);
  }

  /** The operator is served the pods, as they are. */
  readPods(): void {
    this.past.tellPodsRead('operator-a.1', this.nowMs);
  }

  /** An operator stops the member. */
  stop(name: string): void {
    this.scale(name, 0);
  }

  scale(name: string, replicas: number): void {
    this.server.mergePatch(STATEFUL_SET, { namespace: 'default', name }, { spec: { replicas } }, operator('patch'));
  }

  /** The StatefulSet controller has seen what its set is to be. */
  observe(name: string): void {
    const key = { namespace: 'default', name };
    const status = { observedGeneration: this.server.store.get(STATEFUL_SET, key)?.metadata.generation };
    const write = { by: 'statefulset-controller', verb: 'patch', subresource: 'status' } as const;
    this.server.mergePatch(STATEFUL_SET, key, { status }, write);
  }

  pod(name: string, change: Json = {}, nodeName?: string): Document {
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: MEMBER.name } }];
    const write = { by: 'statefulset-controller', verb: 'create' } as const;
    const metadata = { namespace: 'default', name, ...change };
    return this.server.create(POD, { metadata, spec: { volumes, ...(nodeName !== undefined && { nodeName }) } }, write);
  }

  /** A pod on m1 of a StatefulSet that is not there any more. */
  podLeft(name: string): Document {
    const maker = { ...this.deployment.metadata, name: MEMBER.name, uid: 'of-a-deleted-set' };
    const ownerReferences = [controllerReference(STATEFUL_SET, { ...this.deployment, metadata: maker })];
    return this.pod(name, { ownerReferences }, 'm1');
  }

  /** What `startBesideWriter` says of it. */
  judgeWriters(commit: Commit, running: readonly Process[]): unknown {
    return startBesideWriter(commit, running, this.past, this.nowMs, this.server.store);
  }

  attach(nodeName: string): void {
    const write = { by: 'attach-detach', verb: 'create' } as const;
    const spec = { attacher: 'csi', nodeName, source: { persistentVolumeName: 'pv' } };
    this.server.create(ATTACHMENT, { metadata: { name: nodeName }, spec }, write);
  }
}

function operator(verb: Write['verb'], body: Json = {}): Write {
  return { by: 'operator-a.1', verb, body, fieldManager: 'nodefleet' };
}

const storage = (onScaleDown: string): Json => ({ storage: { size: '10Gi', retention: { onScaleDown } } });
const condition = (type: string, status: string, lastTransitionTime: string): Json => ({
  type,
  status,
  reason: 'R',
  message: '',
  lastTransitionTime,
});

/** The number, what is wrong, the history done wrong, and the same done right. */
const HISTORIES: readonly (readonly [string, string, (scene: Scene) => void, (scene: Scene) => void])[] = [
  ['I1', 'a status is written without a lock', (s) => s.status({}, {}), (s) => s.status({})],
  [
    'I1',
    'finalizers are written over a version that was not read',
    (s) => void s.server.mergePatch(NODE_DEPLOYMENT, KEY, { metadata: { finalizers: ['a'] } }, operator('patch', {})),
    (s) => s.finalizers(['a']),
  ],
  ['I2', 'a status was computed for another uid', (s) => s.status({}, { ...s.lock, uid: 'x' }), (s) => s.status({})],
  [
    'I2',
    'a status speaks of an older generation',
    (s) => {
      s.patch({ spec: { replicas: 3 } });
      s.status({ observedGeneration: 1 });
    },
    (s) => {
      s.patch({ spec: { replicas: 3 } });
      s.status({ observedGeneration: 2 });
    },
  ],
  [
    'I3',
    'a condition of somebody else is left out',
    (s) => {
      audited(s);
      s.status({ conditions: [condition('Ready', 'True', AT)] });
    },
    (s) => {
      audited(s);
      s.status({ conditions: [condition('example.com/Audited', 'True', AT), condition('Ready', 'True', AT)] });
    },
  ],
  [
    'I4',
    'an active plan gives way to another',
    (s) => {
      s.status(s.plan('r1'));
      s.status(s.plan('r2'));
    },
    (s) => {
      s.status(s.plan('r1'));
      s.status(s.plan('r1', { phase: 'Superseded' }));
      s.status(s.plan('r2'));
    },
  ],
  [
    'I4',
    'one plan has two ids',
    (s) => {
      s.status(s.plan('r1'));
      s.status(s.plan('r1', { phase: 'Superseded' }));
      s.status(s.plan('r1', { id: 'other' }));
    },
    (s) => {
      s.status(s.plan('r1'));
      s.status(s.plan('r1', { phase: 'Superseded' }));
      s.status(s.plan('r1'));
    },
  ],
  [
    'I5',
    'a member moves before a plan is stored',
    (s) => {
      s.set('r1');
      s.set('r2');
    },
    (s) => {
      s.set('r1');
      s.status(s.plan('r2'));
      s.set('r2');
    },
  ],
  [
    'I6',
    'a member goes back to the template of an older plan',
    (s) => {
      movedTwice(s);
      s.set('r2');
    },
    movedTwice,
  ],
  [
    'I7',
    'two pods use one claim',
    (s) => {
      s.claim();
      s.pod('web-0-0');
      s.pod('thief');
    },
    (s) => {
      s.claim({ accessModes: ['ReadWriteMany'] });
      s.pod('web-0-0');
      s.pod('friend');
    },
  ],
  [
    'I7',
    'two pods are made for a claim of one writer that has just gone',
    (s) => podsOfClaimGone(s, 'ReadWriteOnce'),
    (s) => podsOfClaimGone(s, 'ReadWriteMany'),
  ],
  [
    'I7',
    'a volume is attached twice',
    (s) => {
      s.attach('m1');
      s.attach('m2');
    },
    (s) => {
      s.attach('m1');
      s.server.delete(ATTACHMENT, { namespace: '', name: 'm1' }, {}, { by: 'attach-detach', verb: 'delete' });
      s.attach('m2');
    },
  ],
  [
    'I7',
    'a volume of one writer is attached twice, and its claim has gone',
    (s) => attachedTwice(s, 'ReadWriteOnce'),
    (s) => attachedTwice(s, 'ReadWriteMany'),
  ],
  ['I7', 'a member is started while its volume is attached', (s) => started(s, 'pv'), (s) => started(s, 'other')],
  [
    'I7',
    'a member is started while its volume is attached on which a process has run before',
    (s) => started(s, 'pv', ['pv']),
    (s) => started(s, 'pv', ['pv-of-another-claim']),
  ],
  [
    'I7',
    'a member is started beside its last pod',
    (s) => startedBeside(s, 'web-0-0', 'pv'),
    (s) => startedBeside(s, 'web-0-0'),
  ],
  [
    'I7',
    'a member is started beside a pod that waits for the same claim',
    (s) => startedBeside(s, 'thief'),
    (s) => startedBeside(s, 'web-0-0'),
  ],
  [
    'I7',
    'a member is started beside a pod of a deleted StatefulSet that could be seen',
    (s) => startedLate(s, ['pod', 'attach', 'look']),
    (s) => startedLate(s, ['look', 'pod', 'attach']),
  ],
  [
    'I7',
    'a member is started while its volume has long been attached to the machine of a late pod',
    (s) => startedLate(s, ['attach', 'look', 'pod']),
    (s) => startedLate(s, ['look', 'pod', 'attach']),
  ],
  [
    'I7',
    'a member is started while its volume is attached to another machine than that of a late pod',
    (s) => startedLate(s, ['look', 'pod', 'attach elsewhere']),
    (s) => startedLate(s, ['look', 'pod', 'attach']),
  ],
  [
    'I7',
    'a member is started beside a late pod whose name leaves room for its own',
    (s) => startedLate(s, ['look', 'pod'], 'thief'),
    (s) => startedLate(s, ['look', 'pod']),
  ],
  [
    'I7',
    'a member is started beside a late pod of its own StatefulSet',
    (s) => startedAgain(s, s.set('r1')),
    (s) => startedAgain(s, { ...s.set('r1'), metadata: s.deployment.metadata }),
  ],
  ['I8', 'a claim is deleted under Retain', (s) => s.remove(CLAIM, s.claim()), allowed],
  ['I8', 'the garbage collector takes a claim', collected, (s) => void s.claim()],
  [
    'I9',
    'a delete names another uid',
    (s) => s.remove(STATEFUL_SET, s.set('r1'), 'x'),
    (s) => s.remove(STATEFUL_SET, s.set('r1')),
  ],
  [
    'I9',
    'what nobody owns is deleted',
    (s) => s.remove(STATEFUL_SET, s.set('r1', { ownerReferences: [] })),
    (s) => s.remove(STATEFUL_SET, s.set('r1')),
  ],
  ['I10', 'a child of another owner is adopted', (s) => adopted(s, true), (s) => adopted(s, false)],
  [
    'I11',
    'a child is made after the finalizer is gone',
    (s) => {
      letGo(s);
      s.set('r1');
    },
    letGo,
  ],
  [
    'I11',
    'a child is made for a fleet that is long gone',
    (s) => {
      s.server.delete(NODE_DEPLOYMENT, KEY, {}, { by: 'kubectl', verb: 'delete' });
      s.nowMs += 61_000;
      s.set('r1');
    },
    (s) => {
      s.server.delete(NODE_DEPLOYMENT, KEY, {}, { by: 'kubectl', verb: 'delete' });
      s.nowMs += 1_000;
      s.set('r1');
    },
  ],
  [
    'I9',
    'a member is deleted that has been wanted all the time',
    (s) => {
      s.nowMs += 61_000;
      s.remove(STATEFUL_SET, s.set('r1'));
    },
    (s) => {
      s.nowMs += 61_000;
      s.patch({ spec: { replicas: 0 } });
      s.remove(STATEFUL_SET, s.set('r1'));
    },
  ],
  [
    'I11',
    'a child is made for a fleet that is being deleted, long after that was asked for',
    (s) => terminating(s, 61_000),
    (s) => terminating(s, 1_000),
  ],
  [
    'I12',
    'a condition gets a new time with its old status',
    (s) => {
      s.status({ conditions: [condition('Ready', 'True', AT)] });
      s.status({ conditions: [condition('Ready', 'True', '2026-01-01T00:00:09Z')] });
    },
    (s) => {
      s.status({ conditions: [condition('Ready', 'True', AT)] });
      s.status({ conditions: [condition('Ready', 'False', '2026-01-01T00:00:09Z')] });
    },
  ],
  [
    'I16',
    'more Ready members are stopped than the budget allows',
    (s) => stopBoth(s),
    (s) => {
      s.patch({ spec: { rollout: { maxUnavailable: 2 } } });
      stopBoth(s);
    },
  ],
  [
    'I16',
    'a member is stopped while another one, still wanted, is down',
    (s) => stopBoth(s),
    (s) => {
      runBoth(s);
      s.stop('web-1');
      s.patch({ spec: { replicas: 1 } });
      s.stop('web-0');
    },
  ],
  [
    'I16',
    'a member is stopped while another has not come back',
    (s) => {
      stopBoth(s);
      s.renew('web-0');
    },
    (s) => {
      runBoth(s);
      s.stop('web-0');
      s.renew('web-0');
      s.stop('web-1');
    },
  ],
  [
    'I16',
    'a member is stopped while another was told to start again, and its controller does not know',
    (s) => stopBesideRestarted(s, ['start']),
    (s) => stopBesideRestarted(s, ['start', 'observe']),
  ],
  [
    'I16',
    'a member is stopped while another was told to start again, and its pod is broken',
    (s) => stopBesideRestarted(s, ['start', 'observe', 'break']),
    (s) => stopBesideRestarted(s, ['start', 'observe']),
  ],
  [
    'I16',
    'a member is stopped while the pod of another is still Ready that is to have none',
    (s) => stopBesideRestarted(s, ['observe']),
    (s) => stopBesideRestarted(s, ['start', 'observe']),
  ],
  [
    'I16',
    'a Ready member is stopped for a broken one, although its pod was read as Ready',
    (s) => {
      runBoth(s);
      s.readPods();
      stopAll(s);
    },
    (s) => {
      runBoth(s);
      s.break('web-1');
      s.readPods();
      s.nowMs += 1;
      s.renew('web-1');
      stopAll(s);
    },
  ],
  [
    'I16',
    'members are stopped for surge pods that do not serve',
    (s) => {
      surgeBoth(s);
      for (const name of ['web-0-surge', 'web-1-surge']) s.break(name);
      stopAll(s);
    },
    (s) => {
      surgeBoth(s);
      stopAll(s);
    },
  ],
  [
    'I16',
    'a member is stopped beside one whose surge pod serves no more',
    (s) => stopBesideServed(s, () => s.break('web-0-surge')),
    (s) => stopBesideServed(s),
  ],
  [
    'I16',
    'members are stopped for surge pods that did not serve when they were last read',
    (s) => stopBesideSurges(s, ['break', 'look']),
    (s) => stopBesideSurges(s, ['look', 'break']),
  ],
  [
    'I16',
    'a surge pod is taken from a member that does not serve',
    (s) => takeSurgeAfter(s, ['break']),
    (s) => takeSurgeAfter(s, []),
  ],
  [
    'I16',
    'a surge pod is taken from a member that did not serve when it was last read',
    (s) => takeSurgeAfter(s, ['break', 'look']),
    (s) => takeSurgeAfter(s, ['look', 'break']),
  ],
  [
    'I16',
    'a surge pod is taken from a member whose own has gone before it was last read',
    (s) => takeSurgeAfter(s, ['remove', 'look']),
    (s) => takeSurgeAfter(s, ['look', 'remove']),
  ],
  [
    'I16',
    'a surge pod that serves is taken from a member that does not',
    (s) => takeSurgeAfter(s, ['break', 'look']),
    (s) => takeSurgeAfter(s, ['break', 'break surge', 'look']),
  ],
  [
    'I16',
    'a surge pod is taken from a member that is still wanted',
    (s) => takeSurgeAfter(s, ['break', 'look']),
    (s) => takeSurgeAfter(s, ['break', 'look', 'scale down']),
  ],
  [
    'I16',
    'a member is stopped that was read to be Ready with the template that is wanted',
    (s) => {
      s.serving(s.wanted, s.wanted);
      s.stop('web-0');
    },
    (s) => {
      s.serving(s.wanted, 'r0');
      s.stop('web-0');
    },
  ],
  [
    'I16',
    'a member is stopped for the pod that it had before the one that was read',
    (s) => {
      s.serving(s.wanted, s.wanted);
      s.readPods();
      s.stop('web-0');
    },
    (s) => {
      s.serving(s.wanted, 'r0');
      s.readPods();
      s.nowMs += 1;
      s.renew('web-0', s.wanted);
      s.stop('web-0');
    },
  ],
  [
    'I18',
    'one plan moves a member twice',
    (s) => {
      movedOnce(s);
      s.server.mergePatch(STATEFUL_SET, MEMBER, template('r9'), KUBECTL);
      s.set('r2');
    },
    movedOnce,
  ],
  [
    'I20',
    'the finalizer of somebody else is removed',
    (s) => {
      s.patch({ metadata: { finalizers: ['a', FINALIZER] } });
      s.finalizers([]);
    },
    (s) => {
      s.patch({ metadata: { finalizers: ['a', FINALIZER] } });
      s.finalizers(['a']);
    },
  ],
  [
    'I21',
    'a status is larger than 128 KiB',
    (s) => s.status({ conditions: longConditions(32) }),
    (s) => s.status({ conditions: longConditions(31) }),
  ],
  ['I21', 'a status is written in a loop', (s) => loop(s, 60, 10), (s) => loop(s, 60, 500)],
];

/** Of 4 KiB each, and a little. */
function longConditions(length: number): readonly Json[] {
  return Array.from({ length }, (_, i) => ({ ...condition(`T${i}`, 'True', AT), message: 'x'.repeat(4096) }));
}

function terminating(s: Scene, afterMs: number): void {
  s.patch({ metadata: { finalizers: ['a'] } });
  s.server.delete(NODE_DEPLOYMENT, KEY, {}, { by: 'kubectl', verb: 'delete' });
  s.nowMs += afterMs;
  s.set('r1');
}

function runBoth(s: Scene): void {
  s.patch({ spec: { replicas: 2 } });
  for (const name of ['web-0', 'web-1']) s.running(name);
  s.nowMs += 61_000;
}

/** Both run, and a Ready pod beside each. */
function surgeBoth(s: Scene): void {
  runBoth(s);
  for (const name of ['web-0', 'web-1']) s.surge(name);
}

type SurgeStep = 'look' | 'break' | 'remove' | 'break surge' | 'scale down';

/** Another pod serves beside web-0, and is taken away after these steps. */
function takeSurgeAfter(s: Scene, steps: readonly SurgeStep[]): void {
  runBoth(s);
  s.surge('web-0');
  for (const step of steps) {
    s.nowMs += 1;
    if (step === 'look') s.readPods();
    else if (step === 'break') s.break('web-0');
    else if (step === 'break surge') s.break('web-0-surge');
    else if (step === 'scale down') s.patch({ spec: { replicas: 0 } });
    else s.server.delete(POD, { namespace: 'default', name: 'web-0-0' }, {}, { by: 'kubelet', verb: 'delete' });
  }
  s.takeSurge('web-0');
}

/** One is stopped, another pod serves in its place, and then the other is stopped too. */
function stopBesideServed(s: Scene, meanwhile: () => void = () => {}): void {
  runBoth(s);
  s.stop('web-0');
  s.surge('web-0');
  meanwhile();
  s.stop('web-1');
}

/** Both are stopped after these steps: the operator reads the pods, the surge pods break. */
function stopBesideSurges(s: Scene, steps: readonly ('look' | 'break')[]): void {
  surgeBoth(s);
  for (const step of steps) {
    s.nowMs += 1;
    if (step === 'look') s.readPods();
    else for (const name of ['web-0-surge', 'web-1-surge']) s.break(name);
  }
  stopAll(s);
}

function stopBoth(s: Scene): void {
  runBoth(s);
  stopAll(s);
}

/** One is stopped, and after these steps the other: nobody has ended the pod of the first. */
function stopBesideRestarted(s: Scene, steps: readonly ('start' | 'observe' | 'break')[]): void {
  runBoth(s);
  s.stop('web-0');
  for (const step of steps) {
    if (step === 'start') s.scale('web-0', 1);
    else if (step === 'observe') s.observe('web-0');
    else s.break('web-0');
  }
  s.stop('web-1');
}

function stopAll(s: Scene): void {
  for (const name of ['web-0', 'web-1']) s.stop(name);
}

function audited(s: Scene): void {
  const status = { conditions: [condition('example.com/Audited', 'True', AT)] };
  s.server.mergePatch(NODE_DEPLOYMENT, KEY, { status }, { ...KUBECTL, subresource: 'status' });
}

function movedOnce(s: Scene): void {
  s.set('r1');
  s.status(s.plan('r2'));
  s.set('r2');
}

function movedTwice(s: Scene): void {
  movedOnce(s);
  s.status(s.plan('r2', { phase: 'Superseded' }));
  s.status(s.plan('r3'));
  s.set('r3');
}

const template = (revision: string): Json => ({
  spec: { template: { metadata: { labels: { [LABEL.revision]: revision } } } },
});

function allowed(s: Scene): void {
  s.patch({ spec: storage('Delete') });
  s.remove(CLAIM, s.claim());
}

/** A controller on an old view makes pods that nobody needs any more. */
function podsOfClaimGone(s: Scene, accessMode: string): void {
  s.patch({ spec: storage('Delete') });
  s.remove(CLAIM, s.claim({ accessModes: [accessMode] }));
  s.server.mergePatch(CLAIM, MEMBER, { metadata: { finalizers: null } }, { by: 'claims', verb: 'patch' });
  for (const name of ['web-0-0', 'web-0-surge-0']) s.pod(name);
}

/** No claim is bound to the volume. */
function attachedTwice(s: Scene, accessMode: string): void {
  const volume = { metadata: { name: 'pv' }, spec: { accessModes: [accessMode] } };
  s.server.create(VOLUME, volume, { by: 'claims', verb: 'create' });
  for (const machine of ['m1', 'm2']) s.attach(machine);
}

/** `used`: the volumes on which a process has run. */
function started(s: Scene, volumeName: string, used: readonly string[] = [volumeName]): void {
  s.past.tellUsed(used);
  s.claim();
  s.server.mergePatch(CLAIM, MEMBER, { spec: { volumeName } }, { by: 'claims', verb: 'patch' });
  s.attach('m1');
  s.set('r1');
}

/** The start of a member whose claim a pod of that name mounts; without a volume, the claim has just been made. */
function startedBeside(s: Scene, name: string, volumeName?: string): void {
  s.claim(volumeName === undefined ? {} : { volumeName });
  s.pod(name);
  s.set('r1');
}

type LateStep = 'look' | 'pod' | 'attach' | 'attach elsewhere';

/** The start of a member on a volume that was used, after these steps: the pod is of a deleted StatefulSet. */
function startedLate(s: Scene, steps: readonly LateStep[], name = 'web-0-0'): void {
  s.past.tellUsed(['pv']);
  s.claim({ volumeName: 'pv' });
  for (const step of steps) {
    s.nowMs += 1;
    if (step === 'look') s.readPods();
    else if (step === 'pod') s.podLeft(name);
    else s.attach(step === 'attach' ? 'm1' : 'm2');
  }
  s.set('r1');
}

/** A member was stopped, and is started again, after a pod of that maker has come. */
function startedAgain(s: Scene, maker: Document): void {
  s.claim();
  s.server.mergePatch(CLAIM, MEMBER, { spec: { volumeName: 'pv' } }, { by: 'claims', verb: 'patch' });
  s.stop('web-0');
  s.readPods();
  s.nowMs += 1;
  s.pod('web-0-0', { ownerReferences: [controllerReference(STATEFUL_SET, maker)] });
  s.server.mergePatch(STATEFUL_SET, MEMBER, { spec: { replicas: 1 } }, operator('patch'));
}

function collected(s: Scene): void {
  s.remove(CLAIM, s.claim(), undefined, 'garbage-collector');
}

function adopted(s: Scene, isForeign: boolean): void {
  const other = { ...controllerReference(NODE_DEPLOYMENT, s.deployment), uid: 'other' };
  const ownerReferences = isForeign ? [other] : [controllerReference(NODE_DEPLOYMENT, s.deployment)];
  const write = { by: 'kubectl', verb: 'create' } as const;
  s.server.create(SERVICE, { metadata: { ...MEMBER, ownerReferences }, spec: {} }, write);
  const mine = [controllerReference(NODE_DEPLOYMENT, s.deployment)];
  s.server.mergePatch(SERVICE, MEMBER, { metadata: { ownerReferences: mine, labels: { a: 'b' } } }, operator('patch'));
}

function letGo(s: Scene): void {
  s.patch({ metadata: { finalizers: [FINALIZER] } });
  s.server.delete(NODE_DEPLOYMENT, KEY, {}, { by: 'kubectl', verb: 'delete' });
  s.finalizers([]);
}

function loop(s: Scene, times: number, everyMs: number): void {
  for (let i = 0; i < times; i += 1) {
    s.nowMs += everyMs;
    s.status({ replicas: i });
  }
}

test.for(HISTORIES)('%s is red when %s', ([invariant, , wrong, right]) => {
  const [bad, good] = [new Scene(), new Scene()];
  wrong(bad);
  expect(bad.broken).toContain(invariant);
  right(good);
  expect(good.broken).toEqual([]);
});

const writer = (pod: Document, machine: string) => ({
  ...{ podUid: pod.metadata.uid, pod: pod.metadata.name, machine },
  claims: [MEMBER.name],
  volumes: ['pv'],
});

test('I7 is red when a process starts beside one on another machine', () => {
  const scene = new Scene();
  const [a, worker] = [scene.pod('a'), scene.pod('worker')];
  const { store } = scene.server;
  expect(twoWriters(writer(a, 'm1'), [writer(a, 'm2')], store)).toContain('beside a on m2');
  expect(twoWriters(writer(a, 'm1'), [writer(worker, 'm1')], store)).toBeUndefined();
});

test('I7 holds no operator to account for a pod that its StatefulSet has put in the place of one removed by force', () => {
  const scene = new Scene();
  const [forced, next] = [scene.pod('a'), scene.pod('b')];
  scene.server.delete(POD, { namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 }, KUBECTL);
  expect(twoWriters(writer(next, 'm1'), [writer(forced, 'm2')], scene.server.store)).toBeUndefined();
});

test('I7 is red when an operator starts a member beside a process of a pod that nobody sees any more', () => {
  const judge = (running: readonly string[], volumeName = 'pv'): unknown => {
    const scene = new Scene();
    const gone = scene.pod('web-0-0');
    scene.claim();
    scene.server.mergePatch(CLAIM, MEMBER, { spec: { volumeName } }, { by: 'claims', verb: 'patch' });
    scene.server.delete(POD, { namespace: 'default', name: 'web-0-0' }, { gracePeriodSeconds: 0 }, KUBECTL);
    const verdicts: unknown[] = [];
    const processes = running.map((machine) => writer(gone, machine));
    scene.server.onCommit((commit) => verdicts.push(scene.judgeWriters(commit, processes)));
    scene.set('r1');
    return verdicts[0];
  };
  expect(judge(['m1'])).toEqual({ broken: 'web-0 is started while web-0-0 still writes on m1' });
  expect(judge([])).toBe('kept');
  // What writes to the volume of a claim that is gone is no writer of the one that was made anew.
  expect(judge(['m1'], 'pv-of-another-claim')).toBe('kept');
});

test('I7 holds no operator to account for a process that a deleted StatefulSet was given after it had looked', () => {
  const judge = (...steps: readonly ('look' | 'pod')[]): unknown => {
    const scene = new Scene();
    scene.claim({ volumeName: 'pv' });
    const running: Process[] = [];
    for (const step of steps) {
      scene.nowMs += 1;
      if (step === 'look') scene.readPods();
      else running.push(writer(scene.podLeft('web-0-0'), 'm1'));
    }
    const verdicts: unknown[] = [];
    scene.server.onCommit((commit) => verdicts.push(scene.judgeWriters(commit, running)));
    scene.set('r1');
    return verdicts[0];
  };
  expect(judge('look', 'pod')).toBe('kept');
  expect(judge('pod', 'look')).toEqual({ broken: 'web-0 is started while web-0-0 still writes on m1' });
});

test('a claim may not ask for less than it did', () => {
  const scene = new Scene();
  const bound = { spec: { volumeName: 'pv' } };
  scene.claim();
  scene.server.create(VOLUME, { metadata: { name: 'pv' } }, { by: 'claims', verb: 'create' });
  scene.server.mergePatch(CLAIM, MEMBER, bound, { by: 'claims', verb: 'patch' });
  const told = { status: { phase: 'Bound' } };
  scene.server.mergePatch(CLAIM, MEMBER, told, { by: 'claims', verb: 'patch', subresource: 'status' });
  const shrunk = { resources: { requests: { storage: '5Gi' } } };
  expect(() => scene.claim(shrunk)).toThrow('less than previous value');
});
