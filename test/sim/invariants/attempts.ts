// What holds of every write that an operator asks for, also of one that is refused: I4 of racing plans, I11 of a fleet
// that was read as terminating, I17 of a lock that its own writer has broken, I19.
import { type Document, isObject } from '../model/document.ts';
import type { SimExchange } from '../network.ts';
import { judged, type Verdict } from './rule.ts';

interface Attempt extends SimExchange {
  readonly atMs: number;
}

/** What was sent long before its answer came says nothing of what is done now. */
const JUST_NOW_MS = 1_000;

const field = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);
const versionOf = (body: unknown): unknown => field(field(body, 'metadata'), 'resourceVersion');

/** Whether a read told what is there, or that nothing is. */
const isAnswer = ({ outcome }: Pick<Attempt, 'outcome'>): boolean => outcome === 404 || outcome === 200;

export class Attempts {
  /** By uid and content of a plan: the id that it was first given. */
  readonly #plans = new Map<string, string>();
  /** By process and path: what the last read of an object came to in the reconcile that goes on. */
  readonly #reads = new Map<string, Map<string, Attempt>>();
  /** By process and path of a status: the version that its last accepted patch replaced. */
  readonly #replaced = new Map<string, { readonly version: unknown; readonly atMs: number }>();

  /** By process: the NodeDeployment as it was served to it last. */
  readonly #served = new Map<string, Document>();

  /** A read of it was answered with this. */
  serve(by: string, deployment: Document): void {
    this.#served.set(by, deployment);
  }

  /** What a process has read in one reconcile says nothing in its next: the fleet may be another of the same name. */
  endReconcile(by: string): void {
    this.#reads.delete(by);
  }

  /** To be told of every exchange, in order. */
  judge(attempt: Attempt): readonly (readonly [invariant: string, verdict: Verdict])[] {
    const { by, request } = attempt;
    const [path = ''] = request.path.split('?', 1);
    if (request.method === 'GET' && !this.#isOutrun(attempt, path)) this.#readsOf(by).set(path, attempt);
    if (request.method !== 'PATCH') return [];
    const body: unknown = JSON.parse(request.body ?? '{}');
    return [
      ['I4', this.#judgePlan(body)],
      ['I11', this.#judgeMaking(attempt, path, body)],
      ['I17', this.#judgeLock(attempt, path, body)],
      ['I19', this.#judgeAbsence(attempt, path, body)],
    ];
  }

  #readsOf(by: string): Map<string, Attempt> {
    const reads = this.#reads.get(by) ?? new Map<string, Attempt>();
    this.#reads.set(by, reads);
    return reads;
  }

  /** A failed read that was sent before one that was answered may arrive after it: its reconcile has ended long ago. */
  #isOutrun({ by, outcome, atMs }: Attempt, path: string): boolean {
    const last = this.#readsOf(by).get(path);
    return last !== undefined && isAnswer(last) && !isAnswer({ outcome }) && atMs - last.atMs <= JUST_NOW_MS;
  }

  /** Racing reconciles make the same plan: whoever asks, and whether or not it is stored. */
  #judgePlan(body: unknown): Verdict {
    const plan = field(field(body, 'status'), 'plan');
    const [uid, id] = [field(field(body, 'metadata'), 'uid'), field(plan, 'id')];
    const content = ['generation', 'purpose', 'targetRevision'].map((name) => field(plan, name));
    // A patch tells what has changed: only a new plan has all of it.
    if (typeof id !== 'string' || content.includes(undefined)) return undefined;
    const key = JSON.stringify([uid, ...content]);
    const known = this.#plans.get(key) ?? id;
    this.#plans.set(key, known);
    return judged(known !== id && `plan ${id} is what plan ${known} was: ${key}`);
  }

  /**
   * A status under a version that its own writer has just replaced is a conflict made by nobody else. What nobody hears of any
   * more is carried out late: it was sent before.
   */
  #judgeLock({ by, outcome, isHeard, atMs }: Attempt, path: string, body: unknown): Verdict {
    if (!path.endsWith('/status')) return undefined;
    const version = versionOf(body);
    const last = this.#replaced.get(`${by} ${path}`);
    if (outcome === 200) this.#replaced.set(`${by} ${path}`, { version: isHeard ? version : undefined, atMs });
    if (last === undefined || !isHeard || atMs - last.atMs > JUST_NOW_MS) return undefined;
    return judged(last.version === version && outcome === 409 && `${by} patches ${path} twice on one version`);
  }

  /** Nothing is made for a fleet that was read as terminating: it does not come back. What is carried out late was sent before. */
  #judgeMaking({ by, request, isHeard }: Attempt, path: string, body: unknown): Verdict {
    const served = this.#served.get(by);
    const isMaking = versionOf(body) === '1' && isHeard && !request.path.includes('dryRun=All');
    if (!isMaking || served === undefined) return undefined;
    const owners = field(field(body, 'metadata'), 'ownerReferences');
    const isIts = Array.isArray(owners) && owners.some((owner) => field(owner, 'uid') === served.metadata.uid);
    const isTerminating = served.metadata.deletionTimestamp !== undefined;
    return isIts ? judged(isTerminating && `${path} is made for a fleet that was read as terminating`) : undefined;
  }

  /** Applied as absent, although the last live look at it failed: only a 404 means absent. What is carried out late was sent before. */
  #judgeAbsence({ by, isHeard, atMs }: Attempt, path: string, body: unknown): Verdict {
    const read = this.#readsOf(by).get(path);
    if (versionOf(body) !== '1' || !isHeard || read === undefined || atMs - read.atMs > JUST_NOW_MS) return undefined;
    return judged(!isAnswer(read) && `${path} is made, and a live read of it just came to ${read.outcome}`);
  }
}
