// What watches tell of the scripts: one for each kind on the real server, over all namespaces, and the model's own lines.
import type { Transport } from '../../../src/runtime/client/transport.ts';
import type { ModelServer } from '../model/api-server.ts';
import { isObject } from '../model/document.ts';
import { targetOf } from '../model/http.ts';
import { ModelWatch } from '../model/watch.ts';
import { answerOf, type Answer } from './answer.ts';
import { type Ask, FLEETS, LEASES, RECORDS, SERVICES, lease, made, post, recorded, served } from './steps.ts';

/** Claims have an author more on a real server: the controller that protects them. */
const WATCHED = [FLEETS, RECORDS, SERVICES, LEASES] as const;

export interface Told {
  readonly type: string;
  readonly object: Answer;
}

/** By namespace and collection, in the order of the watch. */
export class Events {
  readonly #told = new Map<string, Told[]>();

  of(namespace: string): readonly (readonly Told[])[] {
    return WATCHED.map((collection) => this.#told.get(`${namespace} ${collection}`) ?? []);
  }

  take(collection: string, line: string): string | undefined {
    const event: unknown = JSON.parse(line);
    const object = isObject(event) ? event['object'] : undefined;
    const metadata = isObject(object) ? object['metadata'] : undefined;
    const namespace = isObject(metadata) ? metadata['namespace'] : undefined;
    if (!isObject(event) || typeof namespace !== 'string') return undefined;
    const key = `${namespace} ${collection}`;
    const told = this.#told.get(key) ?? [];
    this.#told.set(key, told);
    told.push({
      type: String(event['type']),
      object: answerOf({ status: 0, headers: {}, body: JSON.stringify(object) }),
    });
    return namespace;
  }
}

/** What the watches of a model tell while scripts run on it, in that namespace. */
export function watchModel(server: ModelServer, namespace: string): Events {
  const events = new Events();
  for (const collection of WATCHED) {
    const target = targetOf(collection.replace('{ns}', namespace));
    if (target === undefined) throw new Error(`conformance: the model does not serve ${collection}`);
    const watch = new ModelWatch(server, target);
    server.onCommit((commit) => {
      const line = watch.lineOf(commit);
      if (line !== undefined) events.take(collection, line);
    });
  }
  return events;
}

export interface RealWatch {
  readonly events: Events;
  /** Resolves when every watch has told of something in that namespace. */
  seen(namespace: string): Promise<void>;
}

/** Watches all namespaces of a real server from now on. Ends with the transport. */
export async function watchReal(transport: Transport): Promise<RealWatch> {
  const events = new Events();
  const waiting = new Map<string, () => void>();
  const known = new Set<string>();
  for (const collection of WATCHED) {
    const path = collection.replace('/namespaces/{ns}', '');
    const { body } = await transport.request({ method: 'GET', path: `${path}?limit=1` });
    const list: { readonly metadata: { readonly resourceVersion: string } } = JSON.parse(body);
    const query = `watch=true&timeoutSeconds=3600&resourceVersion=${list.metadata.resourceVersion}`;
    const stream = await transport.stream({ method: 'GET', path: `${path}?${query}` });
    void (async () => {
      for await (const line of stream.lines) {
        const key = `${events.take(collection, line)} ${collection}`;
        known.add(key);
        waiting.get(key)?.();
      }
    })().catch(() => {}); // It ends with the transport.
  }
  return {
    events,
    seen: async (namespace) => {
      const missing = WATCHED.map((collection) => `${namespace} ${collection}`).filter((key) => !known.has(key));
      await Promise.all(missing.map((key) => new Promise<void>((resolve) => void waiting.set(key, resolve))));
    },
  };
}

/** Makes something of each kind that is watched: a watch that has told of it has told of all before. */
export const sentinels: readonly Ask[] = [made, recorded, served, post(LEASES, lease())];
