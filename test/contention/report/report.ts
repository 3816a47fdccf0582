// What the suite says of itself in the end: for each scenario what was expected and what was measured. Pure.

export type Figures = Readonly<Record<string, number | string>>;

export interface Scenario {
  /** What the names of its tests begin with: `C7`, or the name of an operation. */
  readonly id: string;
  readonly name: string;
  /** What the design promises of it. */
  readonly expected: string;
}

/** A test that has run. */
export interface TestRun {
  /** Its own, without those of its suites. */
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly figures: Figures;
}

export interface Row extends Scenario {
  /** It has tests, and all of them have passed. */
  readonly passed: boolean;
  /** Of all its tests together. */
  readonly seconds: number;
  /** What its tests measured; those of several are told apart by their position. */
  readonly figures: Figures;
  readonly tests: readonly Omit<TestRun, 'figures'>[];
}

/** A row for each scenario, in their order. A test belongs to the scenario whose id its name begins with. */
export function rowsOf(scenarios: readonly Scenario[], runs: readonly TestRun[]): readonly Row[] {
  return scenarios.map((scenario) => {
    const own = runs.filter(({ name }) => idOf(name) === scenario.id);
    return {
      ...scenario,
      passed: own.length > 0 && own.every(({ passed }) => passed),
      seconds: round(own.reduce((sum, { seconds }) => sum + seconds, 0)),
      figures: Object.assign({}, ...own.map(({ figures }) => figures)),
      tests: own.map(({ name, passed, seconds }) => ({ name, passed, seconds: round(seconds) })),
    };
  });
}

/** The first word of a test's name, without a colon. */
export function idOf(name: string): string {
  return /^[^\s:]*/.exec(name)?.[0] ?? '';
}

/** A line for each row, and one that sums up. */
export function tableLines(rows: readonly Row[]): readonly string[] {
  const idWidth = Math.max(...rows.map(({ id }) => id.length));
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map((row) =>
    [
      row.passed ? 'ok  ' : 'FAIL',
      row.id.padEnd(idWidth),
      row.name.padEnd(nameWidth),
      `${row.seconds.toFixed(1)} s`.padStart(8),
      formatFigures(row),
    ].join('  '),
  );
  const failed = rows.filter(({ passed }) => !passed).length;
  return [...lines.map((line) => line.trimEnd()), '', `${rows.length - failed} passed, ${failed} failed`];
}

function formatFigures({ figures, tests }: Row): string {
  if (tests.length === 0) return 'no test has run';
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
