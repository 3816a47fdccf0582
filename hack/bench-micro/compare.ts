// The figures of the micro-benchmarks beside those of the committed baseline.
//
// Two machines cannot be compared, and one that is busy is another machine: so each figure is divided by a yardstick
// that was measured in the same run, and it is these quotients that are compared.

export interface Figure {
  readonly name: string;
  /** Microseconds of the shortest run. */
  readonly leastUs: number;
}

export interface Baseline {
  readonly machine: string;
  readonly node: string;
  /** `2026-01-31`. */
  readonly date: string;
  readonly figures: readonly Figure[];
}

export interface Row {
  readonly name: string;
  readonly leastUs: number | undefined;
  readonly baselineUs: number | undefined;
  /** How much slower it has become beside the yardstick: 2 is half as fast. Undefined where there is nothing to compare. */
  readonly ratio: number | undefined;
}

const YARDSTICK = 'yardstick';

/** @throws Error where either has no yardstick */
export function compare(baseline: readonly Figure[], figures: readonly Figure[]): readonly Row[] {
  const was = new Map(baseline.map(({ name, leastUs }) => [name, leastUs]));
  const is = new Map(figures.map(({ name, leastUs }) => [name, leastUs]));
  const scale = yardstickOf(figures) / yardstickOf(baseline);
  return [...new Set([...is.keys(), ...was.keys()])].map((name) => {
    const [leastUs, baselineUs] = [is.get(name), was.get(name)];
    const ratio = leastUs === undefined || baselineUs === undefined ? undefined : leastUs / baselineUs / scale;
    return { name, leastUs, baselineUs, ratio };
  });
}

function yardstickOf(figures: readonly Figure[]): number {
  const found = figures.find(({ name }) => name.startsWith(YARDSTICK));
  if (found === undefined) throw new Error('bench-micro: no yardstick was measured');
  return found.leastUs;
}

/** The rows that have moved by more than `factor`, either way, and those that are not in both. */
export function moved(rows: readonly Row[], factor: number): readonly string[] {
  return rows.flatMap(({ name, ratio, leastUs }) => {
    if (ratio === undefined) return [`${leastUs === undefined ? 'gone' : 'new'}: ${name}`];
    if (ratio > factor) return [`${ratio.toFixed(2)} × as long: ${name}`];
    return ratio < 1 / factor ? [`${(1 / ratio).toFixed(2)} × as fast: ${name}`] : [];
  });
}

/** A table in Markdown. */
export function renderTable(rows: readonly Row[]): string {
  const lines = rows.map(({ name, leastUs, baselineUs, ratio }) => {
    const cells = [us(leastUs), us(baselineUs), ratio === undefined ? '–' : ratio.toFixed(2)];
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  return ['| | µs | baseline, µs | ratio |', '|---|--:|--:|--:|', ...lines].join('\n');
}

function us(value: number | undefined): string {
  if (value === undefined) return '–';
  return value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en');
}
