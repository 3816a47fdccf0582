import { pureRule } from './pure.ts';
import { ruleTester } from './rule-tester.ts';

const filename = 'src/domain/plan.ts';
const invalid = (code: string, what: RegExp) => ({
  name: `refuses ${code}`,
  filename,
  code,
  errors: [{ message: what }],
});

ruleTester.run('pure', pureRule, {
  valid: [
    { name: 'takes a Date made from a text', filename, code: `export const at = new Date('2026-01-01T00:00:00Z');` },
    { name: 'takes Date.parse and Math.max', filename, code: `export const at = Math.max(Date.parse(text), 0);` },
    { name: 'takes Date as a type', filename, code: `export function f(now: Date): Date { return now; }` },
    {
      name: 'takes members and parameters of the same name',
      filename,
      code: `export const f = (process: { console: number }) => process.console;`,
    },
    {
      name: 'looks only at the pure layers',
      filename: 'src/runtime/clock.ts',
      code: `export const now = () => Date.now();`,
    },
    { name: 'lets tests be impure', filename: 'src/domain/plan.test.ts', code: `console.log(Date.now());` },
  ],
  invalid: [
    invalid(`Date.now();`, /no Date\.now;/),
    invalid(`Date['now']();`, /no Date\.now;/),
    invalid(`new Date();`, /no new Date\(\);/),
    invalid(`Date();`, /no Date\(\);/),
    invalid(`Math.random();`, /no Math\.random;/),
    invalid(`console.log(1);`, /no console;/),
    invalid(`export const { env } = process;`, /no process;/),
    invalid(`setTimeout(f, 1);`, /no setTimeout;/),
    invalid(`crypto.randomUUID();`, /no crypto;/),
    invalid(`globalThis.Date.now();`, /no globalThis;/),
    {
      ...invalid(`Date.now();`, /no Date\.now;/),
      name: 'refuses globals that the configuration declares',
      languageOptions: { env: { builtin: true } },
    },
    { ...invalid(`Date.now();`, /Layer kube is pure/), name: 'refuses in kube', filename: 'src/kube/object.ts' },
    { ...invalid(`Date.now();`, /Layer api is pure/), name: 'refuses in api', filename: 'src/api/v1alpha1/spec.ts' },
  ],
});
