// What holds of every write that an operator asks for, also of one that is refused: I4 of racing plans, and I19.
import type { HttpRequest } from '../../../src/runtime/client/transport.ts';
import { isObject } from '../model/document.ts';
import type { Breach } from './invariants.ts';

interface Attempt {
  readonly by: string;
  readonly request: HttpRequest;
  readonly outcome: number | 'lost' | 'reply-lost';
}

const field = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);

export class Attempts {
  /** By uid and content of a plan: the id that it was first given. */
  readonly #plans = new Map<string, string>();
  /** By process and path: what its last read of an object came to. */
  readonly #reads = new Map<string, Attempt['outcome']>();

  /** To be told of every exchange, in order. */
  judge({ by, request, outcome }: Attempt): Breach | undefined {
    const [path = ''] = request.path.split('?', 1);
    if (request.method === 'GET') this.#reads.set(`${by} ${path}`, outcome);
    const body: unknown = request.method === 'PATCH' ? JSON.parse(request.body ?? '{}') : undefined;
    return this.#judgePlan(body) ?? this.#judgeAbsence(by, path, body);
  }

  /** Racing reconciles make the same plan: whoever asks, and whether or not it is stored. */
  #judgePlan(body: unknown): Breach | undefined {
    const plan = field(field(body, 'status'), 'plan');
    const [uid, id] = [field(field(body, 'metadata'), 'uid'), field(plan, 'id')];
    const content = ['generation', 'purpose', 'targetRevision'].map((name) => field(plan, name));
    // A patch tells what has changed: only a new plan has all of it.
    if (typeof id !== 'string' || content.includes(undefined)) return undefined;
    const key = JSON.stringify([uid, ...content]);
    const known = this.#plans.get(key);
    this.#plans.set(key, known ?? id);
    const text = `plan ${id} is what plan ${known} was: ${key}`;
    return known === undefined || known === id ? undefined : { invariant: 'I4', text };
  }

  /** Applied as absent, although the last live look at it failed: only a 404 means absent. */
  #judgeAbsence(by: string, path: string, body: unknown): Breach | undefined {
    if (field(field(body, 'metadata'), 'resourceVersion') !== '1') return undefined;
    const read = this.#reads.get(`${by} ${path}`);
    const isFailed = read !== undefined && read !== 404 && read !== 200;
    return isFailed ? { invariant: 'I19', text: `${path} is made, and its last live read came to ${read}` } : undefined;
  }
}
