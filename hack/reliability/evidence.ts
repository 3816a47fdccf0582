// What the tests leave in `.run/reliability` when they have run: the part of each file that the report is made of.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

const counts = z.record(z.string(), z.number());
const scenario = z.object({
  id: z.string(),
  name: z.string(),
  expected: z.string(),
  passed: z.boolean(),
  figures: z.record(z.string(), z.union([z.number(), z.string()])),
});

const SCHEMAS = {
  sim: z.object({
    runs: z.number(),
    seconds: z.number(),
    reconciles: z.number(),
    commits: z.number(),
    conflicts: z.number(),
    kills: z.number(),
    virtualSeconds: z.number(),
    isSameTwice: z.boolean(),
    /** Faults that were never chosen, and invariants that were never asked. */
    unexercised: z.array(z.string()),
    faults: counts,
    invariants: counts,
    broken: z.array(z.object({ seed: z.number(), invariant: z.string(), text: z.string() })),
  }),
  exhaustive: z.object({
    /** Paths that there are, and how many of them were walked, to their end or to a state that was known. */
    interleavings: z.number(),
    walks: z.number(),
    crashPoints: z.number(),
    broken: z.number(),
    seconds: z.number(),
    errors: z.array(z.string()),
    courses: z.array(
      z.object({
        name: z.string(),
        interleavings: z.number(),
        states: z.number(),
        walks: z.number(),
        crashPoints: z.number(),
        ends: z.number(),
        broken: z.number(),
      }),
    ),
  }),
  mutants: z.object({
    seeds: z.number(),
    mutants: z.number(),
    killed: z.number(),
    medianSeeds: z.number().optional(),
    /** Seeds that found something without any bug. */
    blindAlarms: z.array(z.number()),
  }),
  contention: z.object({ seconds: z.number(), scenarios: z.array(scenario) }),
  'crash-points': z.object({ seconds: z.number(), scenarios: z.array(scenario) }),
  'bad-input': z.object({
    cases: z.number(),
    refusedAtApply: z.number(),
    notAccepted: z.number(),
    waiting: z.number(),
    harmless: z.number(),
    medianAnswerMs: z.number(),
    mostRequests: z.number(),
    writesAtSecondApply: z.number(),
  }),
  'forged-status': z.object({ statuses: z.number(), reconciles: z.number(), broken: z.number() }),
  'forged-status-real': z.object({
    forgeries: z.number(),
    refused: z.number(),
    childWrites: z.number(),
    mostStatusWrites: z.number(),
    restored: z.number(),
  }),
  walker: z.object({
    seed: z.number(),
    operations: z.number(),
    properties: z.number(),
    walked: z.number(),
    /** Paths of the properties that no step has changed. */
    neverWalked: z.array(z.string()),
    oracles: counts,
    failures: z.number(),
    seconds: z.number(),
  }),
  'walker-real': z.object({
    seed: z.number(),
    operations: z.number(),
    taken: z.number(),
    refused: z.number(),
    notAccepted: z.number(),
    properties: z.number(),
    oracles: counts,
    failures: z.number(),
    seconds: z.number(),
  }),
} as const;

type Schemas = typeof SCHEMAS;
export type Scenario = z.output<typeof scenario>;
/** By the name of the file. Undefined: nobody has run those tests here. */
export type Evidence = { readonly [Name in keyof Schemas]: z.output<Schemas[Name]> | undefined };

/** @throws Error that names the file and its first field that is not as the tests write it */
export function readEvidence(folder: string): Evidence {
  const read = <Name extends keyof Schemas>(name: Name): Evidence[Name] => {
    const file = join(folder, `${name}.json`);
    return existsSync(file) ? parseEvidence(name, readFileSync(file, 'utf8')) : undefined;
  };
  return {
    sim: read('sim'),
    exhaustive: read('exhaustive'),
    mutants: read('mutants'),
    contention: read('contention'),
    'crash-points': read('crash-points'),
    'bad-input': read('bad-input'),
    'forged-status': read('forged-status'),
    'forged-status-real': read('forged-status-real'),
    walker: read('walker'),
    'walker-real': read('walker-real'),
  };
}

export function parseEvidence<Name extends keyof Schemas>(name: Name, json: string): Evidence[Name];
export function parseEvidence(name: keyof Schemas, json: string): unknown {
  const parsed = SCHEMAS[name].safeParse(JSON.parse(json));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`reliability: ${name}.json: ${issue?.path.join('.')}: ${issue?.message}`);
}
