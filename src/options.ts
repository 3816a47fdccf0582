// Flags and environment → Options. One schema gives the parsing, the defaults, the limits and the text of `--help`.
//
// A flag wins over its variable: NODEFLEET_LOG_LEVEL for --log-level. An empty variable counts as unset. Unknown
// variables are ignored, because Kubernetes itself sets some: a Service named `nodefleet` gives every pod
// NODEFLEET_PORT and NODEFLEET_SERVICE_HOST. So no option may be named `port`, `service-…` or `…-port`.
import { z } from 'zod';

import { DEFAULT_SHARD, SHARD_NAME } from './api/v1alpha1/shards.ts';
import { flagOf, helpText, quote, readFlags, UsageError, variableOf } from './flags.ts';
import { parseDuration } from './runtime/duration.ts';
import { parseBindAddress } from './runtime/http/bind-address.ts';
import { mistakeIn } from './runtime/leader-election/timings.ts';
import { LOG_FORMATS, LOG_LEVELS } from './runtime/log.ts';

/** Up to 63 lower-case letters, digits and `-` (RFC 1123), as names of namespaces are. */
const namespace = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);

const BIND_ADDRESS = 'HOST:PORT or :PORT (port 0: any that is free), or 0 for none';
const bindAddress = (preset: string) =>
  z
    .string()
    .transform(parseBindAddress)
    .pipe(z.union([z.literal('off'), z.object({ host: z.string(), port: z.number() })]))
    .readonly()
    .prefault(preset);

const DURATION = 'such as 90s, 10m or 1h30m';
const duration = (maxMs: number, preset: string) =>
  z.string().transform(parseDuration).pipe(z.number().min(1_000).max(maxMs)).prefault(preset);
const HOUR_MS = 3_600_000;
/** Each costs a watch, and a write every two seconds. */
const MAX_SHARDS = 32;

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
  shards: z
    .string()
    .transform((text) => [...new Set(text.split(',').map((name) => name.trim()))])
    .pipe(z.array(z.string().regex(SHARD_NAME)).max(MAX_SHARDS))
    .readonly()
    .prefault(DEFAULT_SHARD)
    .meta({
      value: 'A,B',
      description: 'the shards to serve: the NodeDeployments of these values of the label nodefleet.dev/shard',
      allowed: `up to ${MAX_SHARDS} names of at most 40 lower-case letters, digits and "-", separated by commas`,
      byDefault: `${DEFAULT_SHARD}, which has those without the label`,
    }),
  workers: z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(1).max(64)).prefault('16').meta({
    value: 'N',
    description: 'how many NodeDeployments are reconciled at a time',
    allowed: 'an integer from 1 to 64',
  }),
  resync: duration(24 * HOUR_MS, '10m').meta({
    value: 'TIME',
    description: 'how often every NodeDeployment is reconciled though nothing changed',
    allowed: `a duration from 1s to 24h, ${DURATION}`,
  }),
  leaderElect: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .prefault('true')
    .meta({
      value: 'true|false',
      description: 'work only while holding a Lease, so that of several replicas one works and the others stand by',
      allowed: 'true or false',
      isSwitch: true,
    }),
  leaderElectionNamespace: namespace.optional().meta({
    value: 'NAMESPACE',
    description: 'where that Lease is',
    allowed: 'the name of a namespace',
    byDefault: "the pod's own",
  }),
  leaderElectionLeaseDuration: duration(HOUR_MS, '15s').meta({
    value: 'TIME',
    description: 'how long a standby waits for a leader that it does not hear of',
    allowed: `a duration from 1s to 1h, ${DURATION}`,
  }),
  leaderElectionRenewDeadline: duration(HOUR_MS, '10s').meta({
    value: 'TIME',
    description: 'how long a leader that cannot renew its Lease goes on; less than the lease duration',
    allowed: `a duration from 1s to 1h, ${DURATION}`,
  }),
  leaderElectionRetryPeriod: duration(HOUR_MS, '2s').meta({
    value: 'TIME',
    description: 'how often the leader renews its Lease',
    allowed: `a duration from 1s to 1h, ${DURATION}`,
  }),
  metricsBindAddress: bindAddress(':8080').meta({
    value: 'ADDRESS',
    description: 'where Prometheus finds /metrics',
    allowed: BIND_ADDRESS,
  }),
  healthProbeBindAddress: bindAddress(':8081').meta({
    value: 'ADDRESS',
    description: 'where probes find /healthz and /readyz',
    allowed: BIND_ADDRESS,
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

const OPTIONS = FLAGS.transform(
  ({
    resync,
    leaderElectionLeaseDuration: leaseDurationMs,
    leaderElectionRenewDeadline: renewDeadlineMs,
    leaderElectionRetryPeriod: retryPeriodMs,
    ...same
  }) => ({ ...same, resyncMs: resync, leaseTimings: { leaseDurationMs, renewDeadlineMs, retryPeriodMs } }),
);

const FLAG_HELP = z.object({
  value: z.string(),
  description: z.string(),
  allowed: z.string(),
  default: z.string().optional(),
  byDefault: z.string().optional(),
  isSwitch: z.boolean().optional(),
});

/** The texts and defaults of the flags, by their names in the schema. */
const HELP = z.record(z.string(), FLAG_HELP).parse(z.toJSONSchema(FLAGS, { io: 'input' }).properties);

/** What the operator was told to do. An empty `namespaces` means all. */
export type Options = z.output<typeof OPTIONS>;

export type Command =
  | { readonly type: 'run'; readonly options: Options }
  | { readonly type: 'help'; readonly text: string }
  | { readonly type: 'version' };

/** `args` without the program's name: `process.argv.slice(2)`. @throws UsageError for the first mistake that it finds. */
export function parseCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Command {
  const flags = readFlags(args, HELP);
  if (flags.has('help')) return { type: 'help', text: helpText(HELP) };
  if (flags.has('version')) return { type: 'version' };
  const values = new Map<string, string>();
  for (const name of Object.keys(HELP)) {
    const value = flags.get(flagOf(name)) ?? (environment[variableOf(name)] || undefined);
    if (value !== undefined) values.set(name, value);
  }
  const parsed = OPTIONS.safeParse(Object.fromEntries(values));
  if (parsed.success) return { type: 'run', options: consistent(parsed.data) };
  const name = String(parsed.error.issues[0]?.path[0]);
  const source = flags.has(flagOf(name)) ? `--${flagOf(name)}` : variableOf(name);
  throw new UsageError(`${source} ${quote(values.get(name) ?? '')}: must be ${HELP[name]?.allowed}`);
}

/** @throws UsageError for values that are right each by itself, but not together */
function consistent(options: Options): Options {
  const mistake = mistakeIn(options.leaseTimings);
  if (mistake !== undefined) throw new UsageError(`--leader-election-…: ${mistake}`);
  return options;
}

/** Of three words or more. `Intl.ListFormat` says the same, after 10 ms in which it reads the languages of the world. */
function anyOf(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')}, or ${words.at(-1)}`;
}
