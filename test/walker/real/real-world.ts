// A fleet `web` in a namespace of its own on the real API server, changed and read as the walker changes and reads the
// model's.
import { ANNOTATION } from '../../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../../src/api/v1alpha1/node-deployment.ts';
import { ATTACHMENT, CLAIM, POD, STATEFUL_SET, type Kind } from '../../../src/kube/kinds.ts';
import { sleep, systemClock } from '../../../src/runtime/clock.ts';
import { condition } from '../../envtest/support/fleets.ts';
import type { Cluster } from '../../envtest/support/cluster.ts';
import { type Document, isObject, type Json } from '../../sim/model/document.ts';
import { inconsistencies } from '../consistency.ts';
import { differences, KINDS, normalForm } from '../normal-form.ts';
import type { ClusterState } from '../state.ts';
import { KEY } from '../world.ts';

/** Only ends a hang: nobody waits for time, but for what is to be seen. */
const PATIENCE_MS = 120_000;
/** Longer than a status is held back. */
const LOOK_MS = 700;
const COLLECTION = '/apis/nodefleet.dev/v1alpha1/namespaces';

export interface Answer {
  readonly status: number;
  readonly message: string;
}

/** How a spec ended: everything is as it says, the operator has not accepted it, or neither, and what is missing. */
export interface Settled {
  readonly form: readonly string[];
  readonly isAccepted: boolean;
  readonly left: readonly string[];
}

export class RealWorld {
  readonly #cluster: Cluster;
  readonly #namespace: string;
  #isMade = false;

  constructor(cluster: Cluster, namespace: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
  }

  /** Makes the namespace. */
  async enter(): Promise<this> {
    await this.#send('POST', '/api/v1/namespaces', { metadata: { name: this.#namespace } });
    return this;
  }

  /** As `kubectl create`, or a replacement of the whole spec. */
  async apply({ spec }: Json): Promise<Answer> {
    const fleets = `${COLLECTION}/${this.#namespace}/nodedeployments`;
    const answer = this.#isMade
      ? await this.#send('PATCH', `${fleets}/${KEY.name}`, [{ op: 'replace', path: '/spec', value: spec }])
      : await this.#send('POST', fleets, { ...TYPE, metadata: { name: KEY.name }, spec });
    this.#isMade ||= answer.status === 201;
    return answer;
  }

  async version(): Promise<string | undefined> {
    return (await this.#cluster.client.get(NODE_DEPLOYMENT, this.#key))?.metadata.resourceVersion;
  }

  /** Waits until nothing changes any more and all is as the spec says, or until the operator says that it cannot be. */
  async settle(): Promise<Settled> {
    const deadline = systemClock.monotonic() + PATIENCE_MS;
    for (let before: readonly string[] | undefined; ;) {
      const state = await this.#read();
      const form = normalForm(projected(state));
      const deployment = state.get(NODE_DEPLOYMENT, KEY) as StoredNodeDeployment | undefined;
      const isAccepted = !isRejected(deployment);
      const left = isAccepted ? [...inconsistencies(state), ...restlessness(deployment)] : [];
      const isStill = before !== undefined && differences(before, form).length === 0;
      if ((left.length === 0 && isStill) || systemClock.monotonic() > deadline) return { form, isAccepted, left };
      before = form;
      await sleep(systemClock, LOOK_MS);
    }
  }

  /** The fleet goes, in its own time. */
  async end(): Promise<void> {
    if (this.#isMade) await this.#send('DELETE', `${COLLECTION}/${this.#namespace}/nodedeployments/${KEY.name}`, {});
  }

  get #key() {
    return { namespace: this.#namespace, name: KEY.name };
  }

  async #read(): Promise<ClusterState> {
    const { client } = this.#cluster;
    const kinds = KINDS.filter((kind) => kind !== ATTACHMENT);
    const lists = await Promise.all(kinds.map((kind) => client.list(kind, { namespace: this.#namespace })));
    const objects = new Map(kinds.map((kind, index) => [kind, lists[index] as unknown as readonly Document[]]));
    return asWanted(stateOf((kind) => objects.get(kind) ?? []));
  }

  async #send(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: object): Promise<Answer> {
    const type = method === 'PATCH' ? 'application/json-patch+json' : 'application/json';
    const { status, body: text } = await this.#cluster.transport.request({
      method,
      path: method === 'DELETE' ? path : `${path}?fieldValidation=Strict`,
      headers: { 'content-type': type },
      body: JSON.stringify(body),
    });
    const { message = '' } = status >= 400 ? JSON.parse(text) : {};
    return { status, message };
  }
}

const TYPE = { apiVersion: 'nodefleet.dev/v1alpha1', kind: 'NodeDeployment' };

function stateOf(list: ClusterState['list']): ClusterState {
  return { list, get: (kind, { name }) => list(kind).find(({ metadata }) => metadata.name === name) };
}

/** The operator says of this very spec that it cannot be: of a consumer that the API server refuses, that it is stalled. */
function isRejected(deployment: StoredNodeDeployment | undefined): boolean {
  if (deployment === undefined || deployment.status?.observedGeneration !== deployment.metadata.generation)
    return false;
  const stalled = condition(deployment, 'Stalled');
  return (
    condition(deployment, 'Accepted')?.status === 'False' ||
    (stalled?.status === 'True' && stalled.reason === 'Rejected')
  );
}

/** Who has not come up yet, as far as the status tells: until then it changes by itself. */
function restlessness(deployment: StoredNodeDeployment | undefined): readonly string[] {
  const { spec, status } = deployment ?? {};
  if (spec?.paused || spec?.suspend) return [];
  const consumers = status?.members?.flatMap((member) => member.consumers ?? []) ?? [];
  return [
    ...(status?.members ?? []).filter(({ phase }) => phase !== 'Running').map(({ name, phase }) => `${name}: ${phase}`),
    ...consumers
      .filter(({ phase }) => phase !== 'Running' && phase !== 'Scheduled')
      .map(({ name, phase }) => `consumer ${name}: ${phase}`),
  ];
}

/** The class that admission gives to a claim that asks for none, which the model has not. */
const DEFAULT_CLASS = 'standard';

/** Without what a server adds to a claim, and without what is wanted and not stored, as it means nothing: false, 0 and ''. */
function asWanted(state: ClusterState): ClusterState {
  return stateOf((kind) =>
    state.list(kind).map((object) => {
      const { spec } = object;
      if (!isObject(spec)) return object;
      if (kind === CLAIM && spec['storageClassName'] === DEFAULT_CLASS)
        return { ...object, spec: { ...spec, storageClassName: undefined } };
      if (kind !== NODE_DEPLOYMENT) return object;
      return {
        ...object,
        spec: { ...spec, template: nonZero(spec['template']), consumers: nonZero(spec['consumers']) },
      };
    }),
  );
}

function nonZero(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nonZero);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== false && member !== 0 && member !== '');
  return Object.fromEntries(kept.map(([name, member]) => [name, nonZero(member)]));
}

/** What a real cluster gives to one fleet and not to another that is as good: addresses, names of volumes, machines, and hashes of these. */
const BY_CHANCE = new Set([
  ...['managedFields', 'namespace', 'clusterIP', 'clusterIPs', 'nodeName', 'volumeName'],
  ...['volume.kubernetes.io/selected-node', 'topology.kubernetes.io/zone', 'topology.kubernetes.io/region'],
  ...['controller-revision-hash', ANNOTATION.appliedHash],
  // Tells that a claim has grown.
  'allocatedResources',
]);
const MACHINE = /^machine-\d+$/;
/** Of the volume with the token that every pod has. */
const isToken = (value: unknown): boolean =>
  isObject(value) && typeof value['name'] === 'string' && value['name'].startsWith('kube-api-access-');

function projected(state: ClusterState): ClusterState {
  const project = (kind: Kind, object: Document): Document => {
    const { apiVersion, metadata, spec } = object;
    if (kind === STATEFUL_SET) return clean({ ...object, status: undefined }) as Document;
    if (kind !== POD) return clean(object) as Document;
    const containers = isObject(spec) ? clean(spec['containers']) : [];
    return { apiVersion, kind: object.kind, metadata: clean(metadata) as Document['metadata'], spec: { containers } };
  };
  return stateOf((kind) => state.list(kind).map((object) => project(kind, object)));
}

function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isToken(item)).map(clean);
  if (typeof value === 'string' && MACHINE.test(value)) return '<machine>';
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([name]) => !BY_CHANCE.has(name));
  return Object.fromEntries(kept.map(([name, member]) => [name, clean(member)]));
}

/** Of a form, what members are made of: what a spec that is not accepted must not have touched. */
export function childrenOf(form: readonly string[]): readonly string[] {
  return form.filter((line) => !line.startsWith(`${NODE_DEPLOYMENT.kind}/`) && !/^\w+\/web-\d+-[a-z]/.test(line));
}
