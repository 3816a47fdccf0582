// From a tape that breaks a rule to a short one that breaks it too.
import { replay, type Tape } from './choices.ts';
import { type RunResult, simulate } from './run.ts';

export interface Failure {
  readonly seed: number;
  readonly tape: Tape;
  readonly invariant: string;
  readonly text: string;
}

/** Leaves out what can be left out, in ever smaller pieces, for at most `maxRuns` runs. */
export async function shrink(failure: Failure, maxRuns: number): Promise<Failure> {
  let best = failure;
  let runs = 0;
  for (let size = Object.keys(best.tape).length; size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < Object.keys(best.tape).length && runs < maxRuns;) {
      const entries = Object.entries(best.tape);
      const fewer = Object.fromEntries([...entries.slice(0, start), ...entries.slice(start + size)]);
      runs += 1;
      const again = await stillBreaks({ ...best, tape: fewer });
      if (again === undefined) start += size;
      else best = again;
    }
  }
  return best;
}

async function stillBreaks({ seed, tape, invariant }: Failure): Promise<Failure | undefined> {
  const result = await simulate({ seed, source: replay(tape) });
  if (result.breach?.invariant !== invariant) return undefined;
  // What was asked for and not reached is no part of it.
  return failureOf(seed, result);
}

export function failureOf(seed: number, { breach, tape }: RunResult): Failure | undefined {
  return breach && { seed, tape, invariant: breach.invariant, text: breach.text };
}
