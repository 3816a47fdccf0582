// All of them, one at a time: `make mutants`.
import { DECISIONS } from './decisions.ts';
import type { Mutant } from './mutant.ts';
import { PLUMBING } from './plumbing.ts';
import { WRITES } from './writes.ts';

export type { Mutant } from './mutant.ts';

export const MUTANTS: readonly Mutant[] = [...WRITES, ...DECISIONS, ...PLUMBING];
