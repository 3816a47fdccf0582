// When to reconcile again without being told. Watches tell of every change to a child; time and refusals nobody tells of.
import type { Plan } from '../domain/actions.ts';
import { earliest } from '../domain/actions.ts';
import type { Outcome } from '../domain/outcome.ts';
import { DONE, type Result, requeueAfter } from '../runtime/reconciler.ts';

/** A refusal (403, 422) is repeated in minutes, not in milliseconds: it takes a person to change the answer. */
const REFUSED_MS = 60_000;
/** What is waited for usually sends an event; what was only seen live may not. */
const WAITING_MS = 5_000;
/** The cache says free, a live read said not yet: the event is on its way. */
const PROOF_MS = 250;

/** @param statusAfterMs set where the status is held back: until then, in milliseconds */
export function nextLook(plan: Plan, outcome: Outcome, nowMs: number, statusAfterMs?: number): Result {
  const has = (type: string): boolean => plan.actions.some((action) => action.type === type);
  const reasons: readonly (readonly [string, number | undefined])[] = [
    ['ProofPending', has('Prove') ? nowMs + PROOF_MS : undefined],
    ['StatusHeldBack', statusAfterMs === undefined ? undefined : nowMs + statusAfterMs],
    ['Refused', outcome.refusals.length > 0 || plan.refusal !== undefined ? nowMs + REFUSED_MS : undefined],
    ['Waiting', has('Wait') ? nowMs + WAITING_MS : undefined],
    ['TimePasses', plan.lookAgainAtMs],
  ];
  const at = earliest(...reasons.map(([, time]) => time));
  if (at === undefined) return DONE;
  const [reason] = reasons.find(([, time]) => time === at) ?? ['TimePasses'];
  return requeueAfter(Math.max(0, at - nowMs), reason);
}
