// Explores one course in a copy of the repository that has a bug planted in it, until something breaks, and prints that in one line.
//   node hunt.ts <course>
import { exploreCourse } from './double-reconcile.ts';
import { courseOf } from './moments.ts';

Error.stackTraceLimit = 0;
const [, , name = ''] = process.argv;
const { walked, pruned, failures } = await exploreCourse(courseOf(name), ({ broken }) => broken > 0);
const [first] = failures;
const what = first === undefined ? 'nothing breaks' : `${first.breach.invariant}: ${first.breach.text}`;
process.stdout.write(`${walked + pruned} walks: ${what}\n`);
