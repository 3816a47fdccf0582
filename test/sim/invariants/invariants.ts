// All rules together, asked after every accepted write.
import type { ModelServer } from '../model/api-server.ts';
import { I10, I11, I12_CLAIM, I18, I5, I6, I8, I9 } from './child-rules.ts';
import { I16, I16_IN_VAIN, I16_SURGE } from './budget-rules.ts';
import { I1, I12, I2, I20, I21, I3, I4 } from './deployment-rules.ts';
import { Past } from './past.ts';
import type { Rule, Verdict } from './rule.ts';
import { I7_START } from './start-rules.ts';
import { I7_ATTACHMENTS, I7_PODS } from './volume-rules.ts';

export interface Breach {
  /** As in docs/architecture.md. */
  readonly invariant: string;
  readonly text: string;
}

/** Several rules may share a number. */
export const RULES: readonly (readonly [string, Rule])[] = [
  ['I1', I1],
  ['I2', I2],
  ['I3', I3],
  ['I4', I4],
  ['I5', I5],
  ['I6', I6],
  ['I7', I7_PODS],
  ['I7', I7_ATTACHMENTS],
  ['I7', I7_START],
  ['I8', I8],
  ['I9', I9],
  ['I10', I10],
  ['I11', I11],
  ['I12', I12],
  ['I12', I12_CLAIM],
  ['I16', I16],
  ['I16', I16_IN_VAIN],
  ['I16', I16_SURGE],
  ['I18', I18],
  ['I20', I20],
  ['I21', I21],
];

/** What is asked beside those that have a number. */
const UNNUMBERED = ['lease', 'pruned', 'namespace'];

/** All that a run is asked about: by its commits, its attempts, the ends of its reconciles, its processes, and its end. */
export const INVARIANTS: readonly string[] = [
  ...Array.from({ length: 21 }, (_, index) => `I${index + 1}`),
  ...UNNUMBERED,
];

/** How often each invariant was asked, and held or not. */
export type Checked = Map<string, number>;

export interface Witness {
  /** Called for what breaks one. */
  readonly onBreach: (breach: Breach) => void;
  readonly checked: Checked;
}

/** Judges each commit of the server. `past` may be told more than commits tell. */
export function watchInvariants(
  server: ModelServer,
  nowMs: () => number,
  witness: Witness,
  past: Past = new Past(),
): void {
  server.onCommit((commit) => {
    for (const [invariant, rule] of RULES) testify(witness, invariant, rule(commit, past, nowMs(), server.store));
    past.remember(commit, nowMs());
  });
}

export function testify({ checked, onBreach }: Witness, invariant: string, verdict: Verdict): void {
  if (verdict === undefined) return;
  checked.set(invariant, (checked.get(invariant) ?? 0) + 1);
  if (verdict !== 'kept') onBreach({ invariant, text: verdict.broken });
}
