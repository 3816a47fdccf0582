// Looks for the first seed that breaks an invariant, or makes a run fail; prints it with what it broke. Run by hack/mutants.ts
// in a copy of the repository that has a bug planted in it.
import { swarm } from '../choices.ts';
import { RATES } from '../rates.ts';
import { simulate } from '../run.ts';

Error.stackTraceLimit = 0;
const seeds = Number(process.argv[2]);
let found = 'nothing';
for (let seed = 1; seed <= seeds && found === 'nothing'; seed += 1) {
  try {
    const { breach } = await simulate({ seed, source: swarm(seed, RATES) });
    if (breach !== undefined) found = `${seed} ${breach.invariant} ${breach.text}`;
  } catch (error) {
    found = `${seed} error ${String(error)}`;
  }
}
process.stdout.write(`${found.replaceAll('\n', ' ')}\n`);
