// What a hunt for one planted bug came to.
import type { Mutant } from './mutant.ts';
import { runPlanted } from './planted.ts';

export interface Finding {
  readonly name: string;
  /** The first that finds it; undefined where none does. */
  readonly seed: number | undefined;
  /** Or `error` for a run that fails, `crash` for one that ends the operator. */
  readonly invariant: string | undefined;
  readonly text: string;
  /** Why nothing can be said of the bug: it has no place any more, or the hunt did not end well. */
  readonly error?: string;
}

const TEXT_LENGTH = 200;

/** Never rejects: one bug that cannot be judged keeps nobody from the others. */
export async function huntFor(mutant: Mutant, seeds: number): Promise<Finding> {
  const { name } = mutant;
  const nothing = { name, seed: undefined, invariant: undefined, text: '' };
  try {
    const found = await runPlanted(mutant, 'test/sim/mutants/hunt.ts', [String(seeds)]);
    if (found === 'nothing') return nothing;
    const [seed, invariant, ...text] = found.split(' ');
    if (!Number.isInteger(Number(seed || NaN))) return { ...nothing, error: `the hunt printed no seed: ${found}` };
    return { name, seed: Number(seed), invariant, text: text.join(' ').slice(0, TEXT_LENGTH) };
  } catch (error) {
    return { ...nothing, error: error instanceof Error ? error.message : String(error) };
  }
}
