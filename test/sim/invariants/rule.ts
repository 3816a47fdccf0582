// A rule that no accepted write may break.
import type { Commit } from '../model/api-server.ts';
import type { ModelStore } from '../model/store.ts';
import type { Past } from './past.ts';

/** What the commit breaks, in words; undefined if it keeps the rule. `past` is as it was before the commit, the store as it is after. */
export type Rule = (commit: Commit, past: Past, atMs: number, store: ModelStore) => string | undefined;
