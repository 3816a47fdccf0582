// What a probe is told: `ok`, or which checks fail. The form is that of Kubernetes' own components (apiserver v0.36
// pkg/server/healthz): `?verbose` lists all checks, `?exclude=NAME` leaves one out, `/readyz/NAME` asks for one.
// Unlike theirs, a failure tells its reason: nothing here is secret, and it saves a look at the log.
import type { TextAnswer } from '../http/http-server.ts';

export interface HealthCheck {
  /** In lower case with dashes: `cache-pods`. */
  readonly name: string;
  /** What is wrong, in one line; undefined: nothing. Answers at once, and asks nobody. */
  problem(): string | undefined;
}

/** The checks behind each path, by its name: `healthz`, `readyz`. */
export type Probes = Readonly<Record<string, readonly HealthCheck[]>>;

/** 200 if every check that is asked for passes, else 500; undefined for a path that is no probe. */
export function answerProbe(probes: Probes, { pathname, searchParams }: URL): TextAnswer | undefined {
  const [probe = '', name, ...rest] = pathname.slice(1).split('/');
  if (!Object.hasOwn(probes, probe) || rest.length > 0) return undefined;
  const excluded = new Set(searchParams.getAll('exclude'));
  const asked = probes[probe]?.filter((check) =>
    name === undefined ? !excluded.has(check.name) : check.name === name,
  );
  if (asked === undefined || (name !== undefined && asked.length === 0)) return undefined;
  const results = asked.map((check) => ({ name: check.name, problem: check.problem() }));
  const isOk = results.every(({ problem }) => problem === undefined);
  if (isOk && !searchParams.has('verbose')) return { status: 200, body: 'ok' };
  const lines = results.map((result) =>
    result.problem === undefined ? `[+]${result.name} ok` : `[-]${result.name} failed: ${result.problem}`,
  );
  return { status: isOk ? 200 : 500, body: [...lines, `${probe} check ${isOk ? 'passed' : 'failed'}`, ''].join('\n') };
}
