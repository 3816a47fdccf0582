// Flags and environment → Options. One schema gives the parsing, the defaults, the limits and the text of `--help`.
//
// A flag wins over its variable: NODEFLEET_LOG_LEVEL for --log-level. An empty variable counts as unset. Unknown variables
// are ignored, because Kubernetes itself sets some: a Service named `nodefleet` gives every pod NODEFLEET_PORT and
// NODEFLEET_SERVICE_HOST. So no option may be named `port`, `service-…` or `…-port`.
import { parseArgs } from 'node:util';

import { z } from 'zod';

import { parseDuration } from './runtime/duration.ts';
import { LOG_FORMATS, LOG_LEVELS } from './runtime/log.ts';

/** Up to 63 lower-case letters, digits and `-` (RFC 1123), as names of namespaces are. */
const namespace = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);

/** In the order of the help text. `value` stands for the value there; `allowed` completes “must be …”. */
const FLAGS = z.object({
  kubeconfig: z.string().min(1).optional().meta({
    value: 'FILE',
    description: 'how to reach the API server',
    allowed: 'the path of a kubeconfig',
    byDefault: "$KUBECONFIG, the pod's service account, or ~/.kube/config",
  }),
  context: z.string().min(1).optional().meta({
    value: 'NAME',
    description: 'the context of the kubeconfig',
    allowed: 'a name',
    byDefault: 'the current one',
  }),
  namespaces: z
    .string()
    .transform((text) => (text === '' ? [] : [...new Set(text.split(',').map((name) => name.trim()))]))
    .pipe(z.array(namespace))
    .readonly()
    .prefault('')
    .meta({
      value: 'A,B',
      description: 'the namespaces to serve',
      allowed: 'names of namespaces, separated by commas',
      byDefault: 'all',
    }),
  workers: z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(1).max(64)).prefault('4').meta({
    value: 'N',
    description: 'how many NodeDeployments are reconciled at a time',
    allowed: 'an integer from 1 to 64',
  }),
  resync: z.string().transform(parseDuration).pipe(z.number().min(1_000).max(86_400_000)).prefault('10m').meta({
    value: 'TIME',
    description: 'how often every NodeDeployment is reconciled though nothing changed',
    allowed: 'a duration from 1s to 24h, such as 90s, 10m or 1h30m',
  }),
  logLevel: z
    .enum(LOG_LEVELS)
    .prefault('info')
    .meta({ value: 'LEVEL', description: 'the least that is logged', allowed: anyOf(LOG_LEVELS) }),
  logFormat: z
    .enum(LOG_FORMATS)
    .prefault('auto')
    .meta({
      value: 'FORMAT',
      description: 'the form of log lines; auto is pretty at a terminal and json elsewhere',
      allowed: anyOf(LOG_FORMATS),
    }),
});

const OPTIONS = FLAGS.transform(({ resync, ...same }) => ({ ...same, resyncMs: resync }));

const FLAG_HELP = z.object({
  value: z.string(),
  description: z.string(),
  allowed: z.string(),
  default: z.string().optional(),
  byDefault: z.string().optional(),
});

/** The texts and defaults of the flags, by their names in the schema. */
const HELP = z.record(z.string(), FLAG_HELP).parse(z.toJSONSchema(FLAGS, { io: 'input' }).properties);

/** What the operator was told to do. An empty `namespaces` means all. */
export type Options = z.output<typeof OPTIONS>;

export type Command =
  | { readonly type: 'run'; readonly options: Options }
  | { readonly type: 'help'; readonly text: string }
  | { readonly type: 'version' };

/** The command line or an environment variable is wrong. The message is one line for the user. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly exitCode = 2;

  constructor(problem: string) {
    super(`${problem}; see nodefleet --help`);
  }
}

/** `args` without the program's name: `process.argv.slice(2)`. @throws UsageError for the first mistake that it finds. */
export function parseCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Command {
  const flags = readFlags(args);
  if (flags.has('help')) return { type: 'help', text: helpText() };
  if (flags.has('version')) return { type: 'version' };
  const values = new Map<string, string>();
  for (const name of Object.keys(HELP)) {
    const value = flags.get(flagOf(name)) ?? (environment[variableOf(name)] || undefined);
    if (value !== undefined) values.set(name, value);
  }
  const parsed = OPTIONS.safeParse(Object.fromEntries(values));
  if (parsed.success) return { type: 'run', options: parsed.data };
  const name = String(parsed.error.issues[0]?.path[0]);
  const source = flags.has(flagOf(name)) ? `--${flagOf(name)}` : variableOf(name);
  throw new UsageError(`${source} ${quote(values.get(name) ?? '')}: must be ${HELP[name]?.allowed}`);
}

/** The flags that were given, by their names without `--`. The last one wins. */
function readFlags(args: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map(Object.keys(HELP).map((name) => [flagOf(name), name]));
  const options = {
    ...Object.fromEntries([...names.keys()].map((flag) => [flag, { type: 'string' as const }])),
    help: { type: 'boolean', short: 'h' } as const,
    version: { type: 'boolean' } as const,
  };
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const flags = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`unexpected argument ${quote(token.value)}`);
    if (token.kind === 'option-terminator') continue;
    const name = names.get(token.name);
    if (name !== undefined) {
      const isMissing = token.value === undefined || (!token.inlineValue && token.value.startsWith('-'));
      if (isMissing) throw new UsageError(`${token.rawName} needs a value: ${HELP[name]?.allowed}`);
      flags.set(token.name, token.value ?? '');
    } else if (!Object.hasOwn(options, token.name)) throw new UsageError(`unknown option ${quote(token.rawName)}`);
    else if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
    else flags.set(token.name, '');
  }
  return flags;
}

function helpText(): string {
  const rows = Object.entries(HELP).map(
    ([name, { value, description, allowed, default: given, byDefault = given }]) => {
      const flag = `--${flagOf(name)} ${value}`.padEnd(20);
      return `  ${flag} ${description}\n${' '.repeat(23)}(${allowed}; default ${byDefault})`;
    },
  );
  return [
    'nodefleet: a Kubernetes operator for fleets of stateful members',
    '',
    'Usage: nodefleet [options]',
    '',
    ...rows,
    `  ${'--version'.padEnd(20)} print the version and exit`,
    `  ${'-h, --help'.padEnd(20)} print this text and exit`,
    '',
    'Each option has an environment variable too: NODEFLEET_LOG_LEVEL for --log-level. A flag wins.',
    '',
  ].join('\n');
}

/** `logLevel` → `log-level`. */
function flagOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `logLevel` → `NODEFLEET_LOG_LEVEL`. */
function variableOf(name: string): string {
  return `NODEFLEET_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;
}

function anyOf(words: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(words);
}

/** In quotes, escaped, and cut at 64 characters. */
function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
