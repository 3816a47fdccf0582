// What every controller of the model cluster has in common: it looks at a view that lags behind, acts, and looks again
// when something has changed. Its writes carry the versions that it has seen, so that it loses against newer ones as a
// real one does.
import type { Kind } from '../../../src/kube/kinds.ts';
import { formatKey, keyOf, type KubeObject, type ObjectKey, type Stored } from '../../../src/kube/object.ts';
import type { Choices } from '../choices.ts';
import type { Commit, DeleteOptions, ModelServer } from '../model/api-server.ts';
import { type Document, isSame, type Json, typeOf } from '../model/document.ts';
import { ModelError } from '../model/model-error.ts';
import type { Change } from '../model/store.ts';
import type { SimClock } from '../sim-clock.ts';
import type { Weather } from '../weather.ts';
import type { Outages } from './outages.ts';
import type { Processes } from './processes.ts';

export interface Cluster {
  readonly server: ModelServer;
  readonly clock: SimClock;
  readonly choices: Choices;
  /** How requests fare at the time. */
  readonly weather: Weather;
  /** What no API server can tell: who writes to which volume. */
  readonly processes: Processes;
  /** Which machines nobody hears of. */
  readonly outages: Outages;
}

/** How much later than its commit an actor sees a change. */
const LAGS_MS = [5, 50, 500, 3_000, 15_000] as const;
const THINK_MS = 5;
const RETRY_MS = 500;

export abstract class Actor {
  protected readonly cluster: Cluster;
  readonly #name: string;
  readonly #follows: ReadonlySet<Kind>;
  readonly #objects = new Map<string, Map<string, Document>>();
  #isAwake = false;

  constructor(name: string, cluster: Cluster, follows: readonly Kind[]) {
    this.#name = name;
    this.cluster = cluster;
    this.#follows = new Set(follows);
    const lastSeenAt = new Map<Kind, number>();
    cluster.server.onCommit((commit) => {
      if (!this.#follows.has(commit.kind)) return;
      // Each kind is a watch of its own, which keeps the order of its changes.
      const dueAt = cluster.clock.monotonic() + cluster.choices.pick(`fault.lag.${name}`, LAGS_MS);
      const at = Math.max(dueAt, lastSeenAt.get(commit.kind) ?? 0);
      lastSeenAt.set(commit.kind, at);
      cluster.clock.plan(at - cluster.clock.monotonic(), () => this.#see(commit));
    });
  }

  /** Does what is to be done, as far as the view shows it. Called again after anything has changed. */
  protected abstract act(): void;

  protected list<T extends KubeObject>(kind: Kind<T>): readonly Stored<T>[] {
    return [...(this.#objects.get(typeOf(kind))?.values() ?? [])] as unknown as readonly Stored<T>[];
  }

  protected get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey): Stored<T> | undefined {
    return this.#objects.get(typeOf(kind))?.get(formatKey(key)) as unknown as Stored<T> | undefined;
  }

  protected create(kind: Kind, object: Json): void {
    this.#orLater(() => this.cluster.server.create(kind, object, { by: this.#name, verb: 'create' }));
  }

  /** Replaces what was seen, if nobody has changed it since. */
  protected update<T extends KubeObject>(kind: Kind<T>, seen: Stored<T>, change: object, subresource?: 'status'): void {
    const next = { ...seen, ...change } as unknown as Json;
    if (isSame(next, seen)) return;
    const write = { by: this.#name, verb: 'update' as const, ...(subresource && { subresource }) };
    this.#orLater(() => this.cluster.server.update(kind, keyOf(seen), next, write));
  }

  protected delete(kind: Kind, seen: Stored, options: DeleteOptions = {}): void {
    const { uid } = seen.metadata;
    const write = { by: this.#name, verb: 'delete' as const };
    this.#orLater(() => this.cluster.server.delete(kind, keyOf(seen), { uid, ...options }, write));
  }

  /** Acts again after a while. */
  protected wake(delayMs: number = THINK_MS): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    this.cluster.clock.plan(delayMs, () => {
      this.#isAwake = false;
      this.act();
    });
  }

  /** Calls back after `delayMs`. */
  protected later(delayMs: number, callback: () => void): void {
    this.cluster.clock.plan(delayMs, callback);
  }

  #see({ kind, type, object }: Change | Commit): void {
    const objects = this.#objects.get(typeOf(kind)) ?? new Map<string, Document>();
    this.#objects.set(typeOf(kind), objects);
    if (type === 'DELETED') objects.delete(formatKey(keyOf(object)));
    else objects.set(formatKey(keyOf(object)), object);
    this.wake();
  }

  #orLater(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      this.later(RETRY_MS, () => this.wake());
    }
  }
}
