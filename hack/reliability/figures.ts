// Every figure of the report: what is wanted, and what the best of the field has for comparison.
import type { Evidence, Scenario } from './evidence.ts';

export interface Figure {
  readonly layer: string;
  readonly figure: string;
  readonly target: string;
  /** What others publish. */
  readonly anchor: string;
  /** Undefined where it has not been measured. */
  readonly measured: Measurement | undefined;
}

interface Measurement {
  readonly value: string;
  readonly isMet: boolean;
}

const SIMULATION = 'Simulation';
const REAL_SERVER = 'Real API server';
const INPUT = 'Input';

export function figuresOf(evidence: Evidence): readonly Figure[] {
  return [
    ...ofSimulation(evidence),
    ...ofExhaustive(evidence),
    ...ofMutants(evidence),
    ...ofRealServer(evidence),
    ...ofInput(evidence),
  ];
}

function ofSimulation({ sim }: Evidence): readonly Figure[] {
  const common = { layer: SIMULATION };
  const measured = (read: (of: NonNullable<typeof sim>) => Measurement): Measurement | undefined => sim && read(sim);
  return [
    {
      ...common,
      figure: 'runs under faults, invariants broken',
      target: '2,000 in CI, 50,000 a night; 0 broken',
      anchor: 'FoundationDB: tens of thousands of simulations a night',
      measured: measured(({ runs, broken, virtualSeconds }) => ({
        value: `${count(runs)} runs, ${(virtualSeconds / 86_400).toFixed(1)} days of virtual time, ${broken.length} broken`,
        isMet: runs >= 2000 && broken.length === 0,
      })),
    },
    {
      ...common,
      figure: 'faults and invariants that were never exercised',
      target: '0',
      anchor: 'none of the eleven peers that we read counts them',
      measured: measured(({ faults, invariants, unexercised }) => ({
        value: `${unexercised.length} of ${Object.keys(faults).length} faults and ${Object.keys(invariants).length} invariants`,
        isMet: unexercised.length === 0,
      })),
    },
    {
      ...common,
      figure: 'the same seed twice',
      target: 'the same log, line for line',
      anchor: 'FoundationDB; TigerBeetle',
      measured: measured(({ isSameTwice }) => ({ value: isSameTwice ? 'the same' : 'another', isMet: isSameTwice })),
    },
  ];
}

function ofExhaustive({ exhaustive }: Evidence): readonly Figure[] {
  return [
    {
      layer: SIMULATION,
      figure: 'two reconciles at once, in every order of their requests, with a kill at every point: orders, broken',
      target: 'all; 0 broken',
      anchor: 'CHESS (OSDI ’08) visits all orders with few preemptions; Anvil (OSDI ’24) proves',
      measured: exhaustive && {
        value: `${count(exhaustive.interleavings)} orders in ${exhaustive.courses.length} courses, ${count(exhaustive.crashPoints)} kills, by ${count(exhaustive.walks)} walks in ${exhaustive.seconds} s; ${exhaustive.broken} broken`,
        isMet: exhaustive.broken === 0 && exhaustive.errors.length === 0 && exhaustive.courses.length > 0,
      },
    },
  ];
}

function ofMutants({ mutants }: Evidence): readonly Figure[] {
  return [
    {
      layer: SIMULATION,
      figure: 'planted bugs that it finds',
      target: 'all of at least 25, within 2,000 seeds',
      anchor: 'nobody in the field publishes a kill rate',
      measured: mutants && {
        value: `${mutants.killed} of ${mutants.mutants} within ${count(mutants.seeds)} seeds, median ${mutants.medianSeeds}`,
        isMet: mutants.mutants >= 25 && mutants.killed === mutants.mutants,
      },
    },
    {
      layer: SIMULATION,
      figure: 'blind alarms: seeds that find something without the bug',
      target: '0',
      anchor: '',
      measured: mutants && { value: String(mutants.blindAlarms.length), isMet: mutants.blindAlarms.length === 0 },
    },
  ];
}

function ofRealServer({ contention, 'crash-points': crashes }: Evidence): readonly Figure[] {
  return [
    {
      layer: REAL_SERVER,
      figure: 'contention scenarios',
      target: 'all; within 6 minutes',
      anchor: 'Sieve (OSDI ’22): 46 bugs in 10 operators by crashes, hidden events and stale views',
      measured: contention && {
        value: `${passed(contention.scenarios)} in ${contention.seconds} s`,
        isMet: contention.scenarios.every((one) => one.passed) && contention.seconds <= 360,
      },
    },
    {
      layer: REAL_SERVER,
      figure: 'crash points: kill -9 at every write of create, scale, rollout, resize and delete',
      target: 'the fault-free end state, each effect once',
      anchor: 'Sieve; Anvil (OSDI ’24) proves the same of three controllers',
      measured: crashes && {
        value: `${passed(crashes.scenarios)} operations, ${killsOf(crashes.scenarios)} kills, in ${crashes.seconds} s`,
        isMet: crashes.scenarios.every((one) => one.passed),
      },
    },
  ];
}

function ofInput({
  'bad-input': input,
  'forged-status': forged,
  'forged-status-real': real,
  walker,
  'walker-real': walked,
}: Evidence): readonly Figure[] {
  return [
    {
      layer: INPUT,
      figure: 'hostile or careless objects, answered as required',
      target: 'at least 60',
      anchor: 'Acto (SOSP ’23): 56 bugs in 11 operators',
      measured: input && {
        value: `${answered(input)} of ${input.cases}: ${input.refusedAtApply} refused at apply, ${input.notAccepted} not accepted, ${input.waiting} wait with a reason, ${input.harmless} harmless`,
        isMet: input.cases >= 60 && answered(input) === input.cases,
      },
    },
    {
      layer: INPUT,
      figure: 'until `Accepted=False`, median',
      target: '2 s',
      anchor: '',
      measured: input && {
        value: `${count(Math.round(input.medianAnswerMs))} ms`,
        isMet: input.medianAnswerMs <= 2000,
      },
    },
    {
      layer: INPUT,
      figure: 'writes when a bad object is applied again',
      target: '0',
      anchor: '',
      measured: input && { value: String(input.writesAtSecondApply), isMet: input.writesAtSecondApply === 0 },
    },
    {
      layer: INPUT,
      figure: 'forged statuses that made it break an invariant',
      target: '0',
      anchor: '',
      measured: forged && {
        value: `${forged.broken} of ${forged.statuses}, in ${count(forged.reconciles)} reconciles`,
        isMet: forged.broken === 0 && forged.statuses > 0,
      },
    },
    {
      layer: INPUT,
      figure: 'writes of children because of a status that a user of the real API server has forged',
      target: '0, and the status is the truth again',
      anchor: '',
      measured: real && {
        value: `${real.childWrites} of ${real.forgeries} forgeries; ${real.restored} the truth again after at most ${real.mostStatusWrites} writes`,
        isMet: real.childWrites === 0 && real.restored === real.forgeries,
      },
    },
    {
      layer: INPUT,
      figure: 'walk through the schema, one property at a time: operations, and objections of its oracles',
      target: 'at least 1,000; 0; every property',
      anchor: 'Acto (SOSP ’23), in simulated time',
      measured: walker && {
        value: `${count(walker.operations)}; ${walker.failures}; ${count(walker.walked)} of ${count(walker.properties)} properties`,
        isMet: walker.operations >= 1000 && walker.failures === 0 && walker.neverWalked.length === 0,
      },
    },
    {
      layer: INPUT,
      figure: 'the same walk on the real API server: operations, and objections of its oracles',
      target: 'a sample of at least 100; 0',
      anchor: 'Acto (SOSP ’23), in real time',
      measured: walked && {
        value: `${count(walked.operations)} on ${walked.properties} properties, ${walked.taken} of them taken; ${walked.failures}`,
        isMet: walked.operations >= 100 && walked.failures === 0,
      },
    },
  ];
}

function answered(input: NonNullable<Evidence['bad-input']>): number {
  return input.refusedAtApply + input.notAccepted + input.waiting + input.harmless;
}

function killsOf(scenarios: readonly Scenario[]): number {
  return scenarios.reduce((sum, { figures }) => sum + Number(figures['killed'] ?? 0), 0);
}

function passed(scenarios: readonly Scenario[]): string {
  return `${scenarios.filter((one) => one.passed).length} of ${scenarios.length}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
