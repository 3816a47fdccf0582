// Looks for the first seed that breaks an invariant, makes a run fail, or ends the process; prints it with what it
// broke, in one line. Run by hack/mutants.ts in a copy of the repository that has a bug planted in it.
import { writeSync } from 'node:fs';

import { swarm } from '../choices.ts';
import { RATES } from '../rates.ts';
import { simulate } from '../run.ts';

Error.stackTraceLimit = 0;
const seeds = Number(process.argv[2]);
let seed = 1;

// What nobody catches ends an operator: who kills it has been found as well.
process.on('uncaughtException', (error) => end(`${seed} crash ${String(error)}`));

for (; seed <= seeds; seed += 1) {
  try {
    const { breach } = await simulate({ seed, source: swarm(seed, RATES) });
    if (breach !== undefined) end(`${seed} ${breach.invariant} ${breach.text}`);
  } catch (error) {
    end(`${seed} error ${String(error)}`);
  }
}
end('nothing');

function end(found: string): never {
  writeSync(1, `${found.replaceAll('\n', ' ')}\n`);
  process.exit(0);
}
