// docs/reliability.md: what is proven and how, with every figure beside its target.
import type { Evidence, Scenario } from './evidence.ts';
import { figuresOf, type Figure } from './figures.ts';

export interface Circumstances {
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly cpus: number;
  readonly model: string;
  readonly node: string;
}

export function renderPage(evidence: Evidence, { day, cpus, model, node }: Circumstances): string {
  const figures = figuresOf(evidence);
  const missing = figures.filter(({ measured }) => measured === undefined).length;
  return `<!-- Written by \`make reliability\`; DO NOT EDIT. -->

# Reliability: what is proven, and how

Measured on ${day}, ${cpus} CPUs (${model}), Node.js ${node}.${missing === 0 ? '' : ` ${missing} of ${figures.length} figures have not been measured in this run.`}

| | figure | target | measured | | others |
|---|---|---|---|---|---|
${figures.map(row).join('\n')}

What the simulation is and how to repeat a seed: [simulation](simulation.md). The races one by one: [contention](contention.md). The
invariants: [architecture](architecture.md#invariants).
${renderScenarios('Contention', evidence.contention?.scenarios)}${renderScenarios('Crash points', evidence['crash-points']?.scenarios)}${renderCourses(evidence)}${renderExercise(evidence)}
## Not guaranteed

- **etcd restored from a backup.** The database goes back in time, and resourceVersions with it: what a fence compares may be equal
  and mean something else. Stop the operator before a restore, and start it afterwards.
- **More than one etcd member.** These tests run on one; that a cluster of several is linearizable is etcd's own promise.
- **A real CSI driver.** The storage in the tests is simulated, as slow and as lying as was thought of; that a volume whose
  VolumeAttachment is gone is detached is the driver's promise.
- **A machine that lies.** A pod whose kubelet says that it has ended is taken to have ended.
- **Time.** Nothing here says how fast: see [benchmarks](benchmarks.md).
`;
}

function row({ layer, figure, target, anchor, measured }: Figure): string {
  const verdict = measured === undefined ? '' : measured.isMet ? 'met' : '**missed**';
  return `| ${layer} | ${figure} | ${target} | ${measured?.value ?? 'not measured'} | ${verdict} | ${anchor} |`;
}

function renderScenarios(title: string, scenarios: readonly Scenario[] | undefined): string {
  if (scenarios === undefined) return '';
  const rows = scenarios.map(({ id, name, expected, passed, figures }) => {
    const told = Object.entries(figures).map(([what, value]) => `${what} ${value}`);
    return `| ${id} | ${name} | ${expected} | ${[passed ? 'passed' : '**failed**', ...told].join(', ')} |`;
  });
  return `
## ${title}

| | what happens | what is wanted | |
|---|---|---|---|
${rows.join('\n')}
`;
}

function renderCourses({ exhaustive }: Evidence): string {
  if (exhaustive === undefined) return '';
  const rows = exhaustive.courses.map(({ name, interleavings, states, walks, crashPoints, ends, broken }) => {
    const cells = [interleavings, states, walks, crashPoints, ends, broken].map((one) => one.toLocaleString('en-US'));
    return `| ${[name, ...cells].join(' | ')} |`;
  });
  return `
## Two reconciles in every order

What is visited, and how: [the double reconcile](simulation.md#the-double-reconcile).

| | orders | states | walks | kills | ends | broken |
|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

function renderExercise({ sim }: Evidence): string {
  if (sim === undefined) return '';
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, times]) => `| ${name} | ${times.toLocaleString('en-US')} |`)
      .join('\n');
  return `
## What the simulation exercised

| fault | times |
|---|---|
${list(sim.faults)}

| invariant | asked |
|---|---|
${list(sim.invariants)}
`;
}
