// `make sim EXHAUSTIVE=1`: the double reconcile in every order, at each of its moments, on all cores. ONLY: a part of a
// course's name.
//
// What it came to is in .run/reliability/exhaustive.json too. A course that breaks an invariant, or crashes, makes the
// exit code 1; it is 2 where no course has that name.
import type { Explored } from '../test/sim/exhaustive/explore.ts';
import { type Course, COURSES } from '../test/sim/exhaustive/moments.ts';
import type { Message } from '../test/sim/exhaustive/worker.ts';
import type { Breach } from '../test/sim/invariants/invariants.ts';
import { shareOut } from '../test/sim/threads.ts';
import { writeEvidence } from './evidence.ts';

const PROGRAM = new URL('../test/sim/exhaustive/worker.ts', import.meta.url);
const SHOWN_FAILURES = 3;

interface Row {
  readonly name: string;
  readonly explored: Explored<Breach>;
  readonly seconds: number;
}

export async function exhaustive(workers: number, only: string): Promise<void> {
  const courses = COURSES.filter(({ name }) => name.includes(only));
  if (courses.length === 0) {
    console.error(
      `sim: no course has ONLY=${only} in its name; there are ${COURSES.map(({ name }) => name).join('; ')}`,
    );
    process.exitCode = 2;
    return;
  }
  const startedAt = performance.now();
  const { rows, errors } = await runAll(courses, workers);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  summarize(rows, errors, seconds);
  if (only === '') writeEvidence('exhaustive', { ...totalOf(rows), seconds, errors, courses: rows.map(evidenceOf) });
  if (errors.length > 0 || rows.some(({ explored }) => explored.failures.length > 0)) process.exitCode = 1;
}

async function runAll(
  courses: readonly Course[],
  workers: number,
): Promise<{ readonly rows: readonly Row[]; readonly errors: readonly string[] }> {
  const rows: Row[] = [];
  const errors: string[] = [];
  const done = (): string => `${rows.length + errors.length} of ${courses.length}`;
  await shareOut<string, Message>({
    program: PROGRAM,
    workers: Math.min(workers, courses.length),
    jobs: courses.map(({ name }) => name).values(),
    onMessage: (name, message) => {
      if (message.type === 'progress') {
        const { walks, states, waiting } = message.progress;
        console.log(`  ${name}: ${walks} walks, ${states} states, ${waiting} still to be walked`);
        return false;
      }
      if (message.type === 'error') errors.push(`${name}: ${message.error}`);
      else rows.push({ name, explored: message.explored, seconds: Math.round(message.ms / 1000) });
      console.log(`${done()}  ${name}: ${message.type === 'error' ? 'crashed' : resultOf(message.explored)}`);
      return true;
    },
    onCrash: (name, why) => void errors.push(`${name}: ${why}`),
  });
  return { rows, errors };
}

function resultOf({ interleavings, walked, pruned, failures }: Explored<Breach>): string {
  const [orders, walks] = [interleavings, walked + pruned].map((one) => one.toLocaleString('en-US'));
  return `${orders} interleavings in ${walks} walks, ${failures.length} broken`;
}

function totalOf(rows: readonly Row[]): Omit<ReturnType<typeof evidenceOf>, 'name' | 'seconds'> {
  const sum = (count: (explored: Explored<Breach>) => number): number =>
    rows.reduce((total, { explored }) => total + count(explored), 0);
  return {
    interleavings: sum((one) => one.interleavings),
    walks: sum((one) => one.walked + one.pruned),
    states: sum((one) => one.states),
    crashPoints: sum((one) => one.crashPoints),
    ends: sum((one) => one.ends),
    broken: sum((one) => one.failures.length),
  };
}

function evidenceOf({ name, explored, seconds }: Row) {
  const { interleavings, walked, pruned, states, crashPoints, ends, failures } = explored;
  return { name, seconds, interleavings, walks: walked + pruned, states, crashPoints, ends, broken: failures.length };
}

const COLUMNS = ['interleavings', 'states', 'walked', 'pruned', 'crash points', 'ends', 'broken', 'seconds'];

function summarize(rows: readonly Row[], errors: readonly string[], seconds: number): void {
  const line = (name: string, cells: readonly (string | number)[]): string =>
    name.padEnd(22) + cells.map((cell) => cell.toLocaleString('en-US').padStart(14)).join('');
  console.log(`\n${line('', COLUMNS)}`);
  for (const { name, explored, seconds: took } of rows.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const { interleavings, states, walked, pruned, crashPoints, ends, failures } = explored;
    console.log(line(name, [interleavings, states, walked, pruned, crashPoints, ends, failures.length, took]));
  }
  for (const { name, explored } of rows)
    for (const { path, breach } of explored.failures.slice(0, SHOWN_FAILURES)) {
      console.error(`\n${name}: ${breach.invariant}: ${breach.text}`);
      for (const step of path) console.error(`    ${step}`);
    }
  for (const error of errors) console.error(`sim: ${error}`);
  const { interleavings, walks, broken } = totalOf(rows);
  const verdict =
    errors.length > 0
      ? `${errors.length} courses have crashed, and prove nothing`
      : broken === 0
        ? 'no invariant was broken in any of them'
        : `${broken} of the walks broke an invariant`;
  const count = interleavings.toLocaleString('en-US');
  console.log(`\n${count} interleavings in ${walks.toLocaleString('en-US')} walks, ${seconds} s: ${verdict}`);
}
