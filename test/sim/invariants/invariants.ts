// All rules together, asked after every accepted write.
import type { Commit, ModelServer } from '../model/api-server.ts';
import { I10, I11, I12_CLAIM, I18, I5, I6, I8, I9 } from './child-rules.ts';
import { I1, I12, I2, I20, I21, I3, I4 } from './deployment-rules.ts';
import { Past } from './past.ts';
import type { Rule } from './rule.ts';
import { I7_ATTACHMENTS, I7_PODS, I7_START } from './volume-rules.ts';

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
  ['I18', I18],
  ['I20', I20],
  ['I21', I21],
];

/** Judges each commit of the server. `onBreach` is called for what one breaks. */
export function watchInvariants(server: ModelServer, nowMs: () => number, onBreach: (breach: Breach) => void): Past {
  const past = new Past();
  server.onCommit((commit) => {
    for (const breach of judge(commit, past, nowMs(), server)) onBreach(breach);
    past.remember(commit, nowMs());
  });
  return past;
}

export function judge(
  commit: Commit,
  past: Past,
  atMs: number,
  { store }: Pick<ModelServer, 'store'>,
): readonly Breach[] {
  return RULES.flatMap(([invariant, rule]) => {
    const text = rule(commit, past, atMs, store);
    return text === undefined ? [] : [{ invariant, text }];
  });
}
