// What holds of every write that an operator asks for, also of one that is refused: I4 of racing plans, and I19.
import type { HttpRequest } from '../../../src/runtime/client/transport.ts';
import { isObject } from '../model/document.ts';
import type { Breach } from './invariants.ts';

interface Attempt {
  readonly by: string;
  readonly request: HttpRequest;
  readonly outcome: number | 'lost' | 'reply-lost';
  readonly atMs: number;
}

/** A reconcile acts on what it has just read; what an earlier one read for a fleet of the same name says nothing. */
const JUST_NOW_MS = 1_000;

const field = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);

/** Whether a read told what is there, or that nothing is. */
const isAnswer = ({ outcome }: Pick<Attempt, 'outcome'>): boolean => outcome === 404 || outcome === 200;

export class Attempts {
  /** By uid and content of a plan: the id that it was first given. */
  readonly #plans = new Map<string, string>();
  /** By process and path: what its last read of an object came to. */
  readonly #reads = new Map<string, Attempt>();

  /** To be told of every exchange, in order. */
  judge(attempt: Attempt): Breach | undefined {
    const { by, request, atMs } = attempt;
    const [path = ''] = request.path.split('?', 1);
    if (request.method === 'GET' && !this.#isOutrun(attempt, path)) this.#reads.set(`${by} ${path}`, attempt);
    const body: unknown = request.method === 'PATCH' ? JSON.parse(request.body ?? '{}') : undefined;
    return this.#judgePlan(body) ?? this.#judgeAbsence(this.#reads.get(`${by} ${path}`), path, body, atMs);
  }

  /** A failed read that was sent before one that was answered may arrive after it: its reconcile has ended long ago. */
  #isOutrun({ by, outcome, atMs }: Attempt, path: string): boolean {
    const last = this.#reads.get(`${by} ${path}`);
    return last !== undefined && isAnswer(last) && !isAnswer({ outcome }) && atMs - last.atMs <= JUST_NOW_MS;
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
  #judgeAbsence(read: Attempt | undefined, path: string, body: unknown, atMs: number): Breach | undefined {
    if (field(field(body, 'metadata'), 'resourceVersion') !== '1') return undefined;
    if (read === undefined || isAnswer(read)) return undefined;
    if (atMs - read.atMs > JUST_NOW_MS) return undefined;
    return { invariant: 'I19', text: `${path} is made, and a live read of it just came to ${read.outcome}` };
  }
}
