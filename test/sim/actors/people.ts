// Everybody else: who edits the fleet with kubectl, who writes a condition of their own, who holds a finalizer, who
// breaks a child.
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../../src/api/v1alpha1/node-deployment.ts';
import { LABEL } from '../../../src/api/v1alpha1/names.ts';
import { POD, SERVICE, STATEFUL_SET, type Kind, type StatefulSet } from '../../../src/kube/kinds.ts';
import { isTerminating, keyOf, type ObjectKey, type Stored } from '../../../src/kube/object.ts';
import type { Choices } from '../choices.ts';
import type { DeleteOptions } from '../model/api-server.ts';
import type { Json } from '../model/document.ts';
import { ModelError } from '../model/model-error.ts';
import type { Cluster } from './actor.ts';

export const KEY: ObjectKey = { namespace: 'default', name: 'web' };
const FOREIGN_FINALIZER = 'example.com/hold';
const FOREIGN_CONDITION = 'example.com/Audited';
const EVERY_MS = 2_000;

/** A spec, as someone writes it. */
export function chooseSpec(choices: Choices): Json {
  const storage = choices.pick('world.storage', ['ReadWriteOnce', 'none', 'ReadWriteMany'] as const);
  const policies = ['Retain', 'Delete'] as const;
  return {
    replicas: choices.pick('world.replicas', [2, 1, 3, 4, 0]),
    template: template('app:1'),
    rollout: {
      maxUnavailable: choices.pick('world.unavailable', [1, 2, '50%']),
      maxSurge: choices.pick('world.surge', [1, 0, 2]),
      minReadySeconds: choices.pick('world.ready-seconds', [0, 10]),
    },
    ...(storage !== 'none' && {
      storage: {
        size: '10Gi',
        accessMode: storage,
        retention: {
          onDelete: choices.pick('world.on-delete', policies),
          onScaleDown: choices.pick('world.on-scale-down', policies),
        },
      },
    }),
  };
}

function template(image: string): Json {
  return { spec: { containers: [{ name: 'app', image }] } };
}

/** What people do, each a named act. The first is nothing. */
const ACTS = [
  'nothing',
  'image',
  'scale',
  'audit',
  'size',
  'label',
  'retention',
  'suspend',
  'pause',
  'partition',
  'delete-child',
  'drift',
  'kill-pod',
  'hold',
  'let-go',
  'delete',
  'bad-image',
  'force-pod',
] as const;
type Act = Exclude<(typeof ACTS)[number], 'nothing'>;

export class People {
  readonly #cluster: Cluster;
  readonly #onAct: (act: Act) => void;
  readonly #first: Json;
  #isOver = false;

  constructor(cluster: Cluster, onAct: (act: Act) => void, fleet?: Json) {
    this.#cluster = cluster;
    this.#onAct = onAct;
    this.#first = fleet ?? chooseSpec(cluster.choices);
  }

  /** Makes the fleet and begins to edit it. */
  start(): void {
    this.#create(this.#first);
    this.#next();
  }

  /** The last edits: what is wanted from now on can be had. */
  end(): void {
    this.#isOver = true;
    const live = this.#live();
    if (live === undefined) return this.#create(this.#first);
    this.#letGo(live);
    if (isTerminating(live)) return;
    const { choices } = this.#cluster;
    // Where that changes nothing, nobody is told: whoever lost the last news must have kept it in mind by himself.
    const image = choices.pick('world.last-image', ['as it is', 'app:3', 'app:2', 'app:1']);
    const isGood = live.spec.template.spec?.containers.every((one) => one.image?.startsWith('app:')) ?? false;
    const spec = { paused: false, suspend: false, rollout: { partition: 0, paused: false } };
    if (image === 'as it is' && isGood) this.#patch(live, { spec });
    else this.#patch(live, { spec: { ...spec, template: template(isGood ? image : 'app:3') } });
  }

  /** Makes the fleet again if it is gone. */
  ensure(): void {
    if (this.#live() === undefined) this.#create(this.#first);
  }

  #next(): void {
    this.#cluster.clock.plan(EVERY_MS, () => {
      if (this.#isOver) return;
      const act = this.#cluster.choices.pick('edit.act', ACTS);
      const live = this.#live();
      if (live === undefined) this.#create(this.#first);
      else if (act !== 'nothing') {
        this.#onAct(act);
        this.#do(act, live);
      }
      this.#next();
    });
  }

  #do(act: Act, live: StoredNodeDeployment): void {
    const { choices } = this.#cluster;
    const { metadata, spec } = live;
    switch (act) {
      case 'image':
        return this.#patch(live, {
          spec: { template: template(choices.pick('edit.image', ['app:2', 'app:1', 'app:3'])) },
        });
      case 'bad-image':
        return this.#patch(live, { spec: { template: template(choices.pick('edit.bad', ['bad:1', 'refused:1'])) } });
      case 'scale':
        return this.#patch(live, { spec: { replicas: choices.pick('edit.replicas', [1, 2, 3, 4, 0]) } });
      case 'size':
        return this.#grow(live);
      case 'label':
        return this.#patch(live, { metadata: { labels: { edited: String(this.#cluster.clock.monotonic()) } } });
      case 'retention':
        return this.#retain(live);
      case 'suspend':
        return this.#patch(live, { spec: { suspend: !spec.suspend } });
      case 'pause':
        return this.#patch(live, { spec: { paused: !spec.paused } });
      case 'partition':
        return this.#patch(live, { spec: { rollout: { partition: choices.pick('edit.partition', [0, 1, 2]) } } });
      case 'audit':
        return this.#audit(live);
      case 'hold':
        return this.#patch(live, { metadata: { finalizers: [...(metadata.finalizers ?? []), FOREIGN_FINALIZER] } });
      case 'let-go':
        return this.#letGo(live);
      case 'delete':
        if (choices.pick('edit.namespace', ['kept', 'deleted'] as const) === 'deleted')
          this.#cluster.server.endNamespace();
        return this.#delete(NODE_DEPLOYMENT, live);
      case 'kill-pod':
        return this.#deleteOne(POD);
      case 'force-pod':
        return this.#deleteOne(POD, { gracePeriodSeconds: 0 });
      case 'delete-child':
        return this.#deleteOne(choices.pick<Kind>('edit.child', [SERVICE, STATEFUL_SET]));
      case 'drift':
        return this.#drift();
    }
  }

  #grow(live: StoredNodeDeployment): void {
    const size = this.#cluster.choices.pick('edit.size', ['20Gi', '30Gi']);
    const isLarger = live.spec.storage !== undefined && Number.parseInt(live.spec.storage.size) < Number.parseInt(size);
    if (isLarger) this.#patch(live, { spec: { storage: { size } } });
  }

  #retain(live: StoredNodeDeployment): void {
    if (live.spec.storage === undefined) return;
    const policy = this.#cluster.choices.pick('edit.policy', ['Retain', 'Delete'] as const);
    this.#patch(live, { spec: { storage: { retention: { onScaleDown: policy, onDelete: policy } } } });
  }

  /** Another controller's condition, written as it should be: on what was read, locked. */
  #audit(live: StoredNodeDeployment): void {
    const { server } = this.#cluster;
    const others = (live.status?.conditions ?? []).filter(({ type }) => type !== FOREIGN_CONDITION);
    const message = `looked at ${live.metadata.resourceVersion}`;
    const condition = {
      type: FOREIGN_CONDITION,
      status: 'True',
      reason: 'Seen',
      message,
      lastTransitionTime: server.timestamp,
    };
    const { resourceVersion } = live.metadata;
    const status = { conditions: [...others, condition] };
    this.#try(() =>
      server.mergePatch(
        NODE_DEPLOYMENT,
        keyOf(live),
        { metadata: { resourceVersion }, status },
        { by: 'auditor', verb: 'patch', subresource: 'status' },
      ),
    );
  }

  #letGo(live: StoredNodeDeployment): void {
    const finalizers = (live.metadata.finalizers ?? []).filter((name) => name !== FOREIGN_FINALIZER);
    this.#patch(live, { metadata: { finalizers } });
  }

  #deleteOne(kind: Kind, options: DeleteOptions = {}): void {
    const all = this.#cluster.server.store
      .list(kind)
      .filter(({ metadata }) => metadata.labels?.[LABEL.deployment] === KEY.name);
    const one = all[this.#cluster.choices.choose('edit.which', all.length)];
    if (one !== undefined) this.#delete(kind, one, options);
  }

  #delete(kind: Kind, object: Stored, options: DeleteOptions = {}): void {
    this.#try(() => this.#cluster.server.delete(kind, keyOf(object), options, { by: 'kubectl', verb: 'delete' }));
  }

  /** Somebody changes what the operator has made. */
  #drift(): void {
    const sets = this.#cluster.server.store.list(STATEFUL_SET) as unknown as readonly Stored<StatefulSet>[];
    const set = sets[this.#cluster.choices.choose('edit.which', sets.length)];
    if (set === undefined) return;
    const change = this.#cluster.choices.pick<Json>('edit.drift', [
      { metadata: { labels: { drifted: 'true' } } },
      { spec: { replicas: 0 } },
      { metadata: { annotations: { 'nodefleet.dev/applied-hash': 'x' } } },
    ]);
    this.#try(() =>
      this.#cluster.server.mergePatch(STATEFUL_SET, keyOf(set), change, { by: 'kubectl', verb: 'patch' }),
    );
  }

  #patch(live: StoredNodeDeployment, change: Json): void {
    this.#try(() =>
      this.#cluster.server.mergePatch(NODE_DEPLOYMENT, keyOf(live), change, { by: 'kubectl', verb: 'patch' }),
    );
  }

  #create(spec: Json): void {
    const object = { metadata: { ...KEY }, spec };
    this.#try(() => this.#cluster.server.create(NODE_DEPLOYMENT, object, { by: 'kubectl', verb: 'create' }));
  }

  #live(): StoredNodeDeployment | undefined {
    return this.#cluster.server.store.get(NODE_DEPLOYMENT, KEY) as unknown as StoredNodeDeployment | undefined;
  }

  #try(write: () => unknown): void {
    try {
      write();
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
    }
  }
}
