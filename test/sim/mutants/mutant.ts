// A bug that operators have had, planted by changing a line or two. The simulation is worth what it finds of them.

export interface Edit {
  /** Below src/. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
}

export const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace });

/** The belt in the domain that would refuse the plan before anybody sees it: with it in place the bug does nothing. */
export const withoutRule = (find: string, replace = 'true'): Edit => edit('domain/invariants.ts', find, replace);
