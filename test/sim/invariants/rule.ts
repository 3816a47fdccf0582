// A rule that no accepted write may break.
import type { Commit } from '../model/api-server.ts';
import type { ModelStore } from '../model/store.ts';
import type { Past } from './past.ts';

/** Undefined: the rule says nothing of it. `kept`: it was asked, and holds. Else what is broken, in words. */
export type Verdict = { readonly broken: string } | 'kept' | undefined;

/** The verdict on what is broken where there is a text. */
export function judged(broken: string | undefined | false): Verdict {
  return broken === undefined || broken === false ? 'kept' : { broken };
}

/** `past` is as it was before the commit, the store as it is after. */
export type Rule = (commit: Commit, past: Past, atMs: number, store: ModelStore) => Verdict;
