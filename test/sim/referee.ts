// What is asked of a run while it goes on, beside its commits: every request that an operator sends, and how its
// reconciles end.
import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { EVENT, LEASE, POD, type Lease } from '../../src/kube/kinds.ts';
import type { HttpRequest } from '../../src/runtime/client/transport.ts';
import type { ReconcileEnd } from '../../src/runtime/controller-observer.ts';
import { KEY } from './actors/people.ts';
import { Attempts } from './invariants/attempts.ts';
import { testify, type Witness } from './invariants/invariants.ts';
import { judged } from './invariants/rule.ts';
import { Pace } from './invariants/pace.ts';
import type { Past } from './invariants/past.ts';
import type { Document } from './model/document.ts';
import { targetOf } from './model/http.ts';
import type { ModelStore } from './model/store.ts';
import type { SimExchange } from './network.ts';
import { LEASE_KEY } from './operator-process.ts';

export class Referee {
  /** Attempted ones too. */
  operatorWrites = 0;
  readonly #witness: Witness;
  readonly #past: Past;
  readonly #store: ModelStore;
  readonly #attempts = new Attempts();
  /** By process. */
  readonly #paces = new Map<string, Pace>();

  constructor(witness: Witness, past: Past, store: ModelStore) {
    this.#witness = witness;
    this.#past = past;
    this.#store = store;
  }

  /** To be told of each request when it has reached the server, or is lost. */
  judge(exchange: SimExchange, atMs: number): void {
    const { by, request } = exchange;
    if (isWrite(request)) this.operatorWrites += 1;
    if (isPodsRead(exchange)) this.#past.tellPodsRead(by, atMs);
    const served = this.#served(exchange);
    if (served !== undefined) this.#attempts.serve(by, served);
    const verdicts = this.#attempts.judge({ ...exchange, atMs });
    for (const [invariant, verdict] of verdicts) testify(this.#witness, invariant, verdict);
  }

  /** To be told of each request of a process that is elected, before it is sent: while another holds the lease it writes nothing. */
  judgeSend(by: string, request: HttpRequest): void {
    const lease: Lease | undefined = this.#store.get(LEASE, LEASE_KEY);
    const holder = lease?.spec?.holderIdentity;
    if (!isWrite(request) || !holder) return;
    const [path] = request.path.split('?', 1);
    testify(this.#witness, 'lease', judged(holder !== by && `${by} writes ${path}, and ${holder} holds the lease`));
  }

  /** To be told how each reconcile of that process ended, in order. */
  judgeEnd(by: string, end: ReconcileEnd, atMs: number): void {
    this.#attempts.endReconcile(by);
    const pace = this.#paces.get(by) ?? new Pace();
    this.#paces.set(by, pace);
    testify(this.#witness, 'I17', pace.judge(end, atMs));
  }

  /** The NodeDeployment that was just answered. */
  #served({ request, outcome, isHeard }: SimExchange): Document | undefined {
    const isRead = request.method === 'GET' && outcome === 200 && isHeard;
    const target = isRead ? targetOf(request.path) : undefined;
    if (target?.kind !== NODE_DEPLOYMENT || target.name === undefined) return undefined;
    return this.#store.get(NODE_DEPLOYMENT, KEY);
  }
}

/** Of what an operator is for: neither an Event, nor its lease, nor a question. */
function isWrite({ method, path }: HttpRequest): boolean {
  const isAside = [EVENT, LEASE].some(({ plural }) => path.includes(`/${plural}`));
  return method !== 'GET' && !isAside && !path.includes('dryRun=All');
}

/** Whether a process was told of the pods of members, as they are; an informer asks for all of them. */
function isPodsRead({ request, outcome, isHeard }: SimExchange): boolean {
  if (request.method !== 'GET' || outcome !== 200 || !isHeard) return false;
  const target = targetOf(request.path);
  return target?.kind === POD && target.query.has('labelSelector');
}
