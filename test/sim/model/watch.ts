// The lines of one watch: what there is at first, if asked for, then each change that its selection sees.
import { apiVersionOf } from '../../../src/kube/kinds.ts';
import type { ModelServer } from './api-server.ts';
import type { Document } from './document.ts';
import { inOrder, textOf, type Target } from './http.ts';
import { expired } from './model-error.ts';
import { matcherOf } from './selector.ts';
import type { Change } from './store.ts';

export class ModelWatch {
  readonly #server: ModelServer;
  readonly #target: Target;
  readonly #matches: (object: Document) => boolean;

  constructor(server: ModelServer, target: Target) {
    this.#server = server;
    this.#target = target;
    this.#matches = matcherOf(target.query.get('labelSelector') ?? undefined, target.namespace);
  }

  /** Everything that the server has to say when the watch begins. An expired version is one line, and its end. */
  opening(): { readonly lines: readonly string[]; readonly isOver: boolean } {
    const { kind, query } = this.#target;
    const { store } = this.#server;
    if (query.get('sendInitialEvents') === 'true') {
      const objects = inOrder(store.list(kind).filter(this.#matches));
      const lines = objects.map((object) => line('ADDED', object));
      return { lines: [...lines, this.bookmark({ 'k8s.io/initial-events-end': 'true' })], isOver: false };
    }
    const from = Number(query.get('resourceVersion') ?? '0');
    if (from < store.compactedAt) return { lines: [expiredLine(from, store.compactedAt)], isOver: true };
    const missed = store.history.filter(({ revision }) => revision > from);
    return { lines: missed.flatMap((change) => this.lineOf(change) ?? []), isOver: false };
  }

  /** The line that tells of the change; undefined where the selection does not see it. */
  lineOf({ kind, type, object, previous }: Change): string | undefined {
    if (kind !== this.#target.kind) return undefined;
    const was = type !== 'ADDED' && previous !== undefined && this.#matches(previous);
    const is = type !== 'DELETED' && this.#matches(object);
    if (!was && !is) return undefined;
    return line(was ? (is ? 'MODIFIED' : 'DELETED') : 'ADDED', object);
  }

  bookmark(annotations: object = {}): string {
    const { kind } = this.#target;
    const metadata = { resourceVersion: String(this.#server.store.revision), annotations };
    const object = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata };
    return JSON.stringify({ type: 'BOOKMARK', object });
  }
}

function line(type: string, object: Document): string {
  return `{"type":"${type}","object":${textOf(object)}}`;
}

export function expiredLine(from: number, oldest: number): string {
  const { code, reason, message } = expired(`too old resource version: ${from} (${oldest})`);
  const object = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message };
  return JSON.stringify({ type: 'ERROR', object });
}
