// What is asked of a run once nothing fails any more and nobody edits: it comes to rest (I13), stays there and is left
// alone (I14), and looks as if nothing had happened (I15).
import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { KEY } from './actors/people.ts';
import { unfinished } from './at-rest.ts';
import { differences } from './end-state.ts';
import { testify, type Witness } from './invariants/invariants.ts';
import { judged } from './invariants/rule.ts';
import { isObject, isSame, type Json } from './model/document.ts';
import type { ModelStore } from './model/store.ts';

const SECOND = 1_000;
export const RESYNC_MS = 60 * SECOND;
/** The slowest way to rest: a silent watch is noticed after 235 s, an error backoff is 5 minutes long. */
const PEACE_MS = 3_600 * SECOND;
/** A watch that went silent has been noticed after four minutes. */
const NOTICED_MS = 300 * SECOND;
const LOOK_MS = 15 * SECOND;
const RESYNCS = 10;

export interface Quiet {
  readonly store: ModelStore;
  readonly witness: Witness;
  nowMs(): number;
  isBroken(): boolean;
  /** Lets that much time pass. */
  pass(ms: number): Promise<void>;
  /** Makes the fleet again if it is gone. */
  ensure(): void;
  /** By operators, attempted ones too. */
  writes(): number;
}

/** I13. Resolves to whether it has come to rest. */
export async function settles({ store, witness, ...run }: Quiet): Promise<boolean> {
  const deadline = run.nowMs() + PEACE_MS;
  let restSince: number | undefined;
  while (run.nowMs() < deadline && !run.isBroken()) {
    const before = run.writes();
    await run.pass(LOOK_MS);
    run.ensure();
    const isAtRest = unfinished(store).length === 0 && run.writes() === before;
    restSince = isAtRest ? (restSince ?? run.nowMs()) : undefined;
    if (restSince !== undefined && run.nowMs() - restSince >= NOTICED_MS) return !run.isBroken();
  }
  const left = unfinished(store);
  const why = left.length === 0 ? 'it never comes to rest' : left.join('; ');
  if (!run.isBroken()) testify(witness, 'I13', { broken: `${why}, ${PEACE_MS / SECOND} s after the last fault` });
  return false;
}

/** I14, and I13 once more. */
export async function stays({ store, witness, ...run }: Quiet): Promise<void> {
  const before = run.writes();
  await run.pass(RESYNCS * RESYNC_MS * 1.1);
  if (run.isBroken()) return;
  const writes = run.writes() - before;
  // Also without a resync nobody may write any more.
  testify(witness, 'I14', judged(writes > 0 && `${writes} writes in ${RESYNCS} resyncs at rest`));
  const left = unfinished(store);
  testify(witness, 'I13', judged(left.length > 0 && `it does not stay as it was: ${left.join('; ')}`));
}

/** Another run: what broke in it, the spec that it ended with, and what is there at its end. */
export interface Other {
  readonly breach: { readonly text: string } | undefined;
  readonly spec: Json | undefined;
  readonly end: readonly string[];
}

/** I15. @param what how the other run was made, in words */
export function compare(end: readonly string[], witness: Witness, other: Other, what: string): void {
  const differs = other.breach === undefined ? differences(end, other.end) : [other.breach.text];
  testify(witness, 'I15', judged(differs.length > 0 && `not as ${what}: ${differs.join('; ')}`));
}

/** What is asked for in the end; undefined where there is no fleet. */
export function specOf(store: ModelStore): Json | undefined {
  const spec = store.get(NODE_DEPLOYMENT, KEY)?.['spec'];
  return isObject(spec) ? spec : undefined;
}

export const isSameSpec = (one: Json | undefined, other: Json | undefined): boolean =>
  one !== undefined && isSame(one, other);
