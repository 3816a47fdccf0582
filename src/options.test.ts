import { describe, expect, test } from 'vitest';

import { quote, UsageError } from './flags.ts';
import { parseCommand, type Options } from './options.ts';

function parseOptions(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Options {
  const command = parseCommand(args, environment);
  if (command.type !== 'run') throw new Error(`test: ${args.join(' ')} is the command ${command.type}`);
  return command.options;
}

const defaults: Options = {
  namespaces: [],
  shards: ['default'],
  workers: 16,
  resyncMs: 600_000,
  leaderElect: true,
  leaseTimings: { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 },
  metricsBindAddress: { host: '', port: 8080 },
  healthProbeBindAddress: { host: '', port: 8081 },
  logLevel: 'info',
  logFormat: 'auto',
};

describe('parseCommand', () => {
  test('gives the defaults when nothing is said', () => {
    expect(parseOptions([])).toEqual(defaults);
  });

  test.for<[flags: string, options: Partial<Options>]>([
    ['--kubeconfig /tmp/kubeconfig', { kubeconfig: '/tmp/kubeconfig' }],
    ['--context staging', { context: 'staging' }],
    ['--namespaces a,b', { namespaces: ['a', 'b'] }],
    ['--namespaces=a,b,a', { namespaces: ['a', 'b'] }],
    ['--namespaces=', { namespaces: [] }],
    ['--shards canary', { shards: ['canary'] }],
    ['--shards=default,a,b,a', { shards: ['default', 'a', 'b'] }],
    [`--shards ${'x'.repeat(40)}`, { shards: ['x'.repeat(40)] }],
    ['--workers 1', { workers: 1 }],
    ['--workers=64', { workers: 64 }],
    ['--workers 8 --workers 9', { workers: 9 }],
    ['--resync 1s', { resyncMs: 1_000 }],
    ['--resync 1h30m', { resyncMs: 5_400_000 }],
    ['--resync 24h', { resyncMs: 86_400_000 }],
    ['--metrics-bind-address 0', { metricsBindAddress: 'off' }],
    ['--metrics-bind-address 127.0.0.1:0', { metricsBindAddress: { host: '127.0.0.1', port: 0 } }],
    ['--health-probe-bind-address=0', { healthProbeBindAddress: 'off' }],
    ['--health-probe-bind-address [::1]:9000', { healthProbeBindAddress: { host: '::1', port: 9000 } }],
    ['--leader-elect', { leaderElect: true }],
    ['--leader-elect=false', { leaderElect: false }],
    ['--leader-election-namespace ops', { leaderElectionNamespace: 'ops' }],
    [
      '--leader-election-lease-duration 60s --leader-election-renew-deadline=40s --leader-election-retry-period 5s',
      { leaseTimings: { leaseDurationMs: 60_000, renewDeadlineMs: 40_000, retryPeriodMs: 5_000 } },
    ],
    ['--log-level debug', { logLevel: 'debug' }],
    ['--log-format json', { logFormat: 'json' }],
  ])('takes %s', ([flags, options]) => {
    expect(parseOptions(flags.split(' '))).toEqual({ ...defaults, ...options });
  });

  test('takes spaces between namespaces', () => {
    expect(parseOptions(['--namespaces', 'a, b']).namespaces).toEqual(['a', 'b']);
  });

  test('knows --version, and --help above all else', () => {
    expect(parseCommand(['--version'], {})).toEqual({ type: 'version' });
    expect(parseCommand(['--workers', 'many', '--version', '-h'], {}).type).toBe('help');
  });
});

describe('the environment', () => {
  test.for<[variable: string, value: string, options: Partial<Options>]>([
    ['NODEFLEET_KUBECONFIG', '/tmp/kubeconfig', { kubeconfig: '/tmp/kubeconfig' }],
    ['NODEFLEET_CONTEXT', 'staging', { context: 'staging' }],
    ['NODEFLEET_NAMESPACES', 'a,b', { namespaces: ['a', 'b'] }],
    ['NODEFLEET_SHARDS', 'a,b', { shards: ['a', 'b'] }],
    ['NODEFLEET_WORKERS', '8', { workers: 8 }],
    ['NODEFLEET_RESYNC', '30s', { resyncMs: 30_000 }],
    ['NODEFLEET_METRICS_BIND_ADDRESS', '0', { metricsBindAddress: 'off' }],
    ['NODEFLEET_HEALTH_PROBE_BIND_ADDRESS', ':9001', { healthProbeBindAddress: { host: '', port: 9001 } }],
    ['NODEFLEET_LEADER_ELECT', 'false', { leaderElect: false }],
    ['NODEFLEET_LEADER_ELECTION_NAMESPACE', 'ops', { leaderElectionNamespace: 'ops' }],
    ['NODEFLEET_LOG_LEVEL', 'error', { logLevel: 'error' }],
    ['NODEFLEET_LOG_FORMAT', 'pretty', { logFormat: 'pretty' }],
  ])('gives an option by %s', ([variable, value, options]) => {
    expect(parseOptions([], { [variable]: value })).toEqual({ ...defaults, ...options });
  });

  test('gives way to a flag', () => {
    expect(parseOptions(['--workers', '2'], { NODEFLEET_WORKERS: '8' }).workers).toBe(2);
  });

  test('is not even looked at where there is a flag', () => {
    expect(parseOptions(['--workers', '2'], { NODEFLEET_WORKERS: 'many' }).workers).toBe(2);
  });

  test('counts as unset where it is empty', () => {
    expect(parseOptions([], { NODEFLEET_WORKERS: '', NODEFLEET_KUBECONFIG: '' })).toEqual(defaults);
  });

  test('may hold what Kubernetes sets for a Service named nodefleet', () => {
    const environment = { NODEFLEET_PORT: 'tcp://10.0.0.1:443', NODEFLEET_SERVICE_HOST: '10.0.0.1' };
    expect(parseOptions([], environment)).toEqual(defaults);
  });
});

describe('a mistake', () => {
  const long = 'x'.repeat(100);

  test.for<[args: string[], message: string]>([
    [['--wrokers', '4'], 'unknown option "--wrokers"'],
    [['--no-workers'], 'unknown option "--no-workers"'],
    [['--toString'], 'unknown option "--toString"'],
    [['-w'], 'unknown option "-w"'],
    [['now'], 'unexpected argument "now"'],
    [['--', 'now'], 'unexpected argument "now"'],
    [['--workers'], '--workers needs a value: an integer from 1 to 64'],
    [['--workers', '--help'], '--workers needs a value: an integer from 1 to 64'],
    [['--help=yes'], '--help takes no value'],
    [['--workers', 'many'], '--workers "many": must be an integer from 1 to 64'],
    [['--workers', '0'], '--workers "0": must be an integer from 1 to 64'],
    [['--workers', '65'], '--workers "65": must be an integer from 1 to 64'],
    [['--workers=-1'], '--workers "-1": must be an integer from 1 to 64'],
    [['--workers', '1.5'], '--workers "1.5": must be an integer from 1 to 64'],
    [['--workers='], '--workers "": must be an integer from 1 to 64'],
    [['--resync', '10'], '--resync "10": must be a duration from 1s to 24h, such as 90s, 10m or 1h30m'],
    [['--resync', '0s'], '--resync "0s": must be a duration from 1s to 24h, such as 90s, 10m or 1h30m'],
    [['--resync', '25h'], '--resync "25h": must be a duration from 1s to 24h, such as 90s, 10m or 1h30m'],
    [['--leader-elect=no'], '--leader-elect "no": must be true or false'],
    [['--leader-election-namespace', 'A'], '--leader-election-namespace "A": must be the name of a namespace'],
    [
      ['--leader-election-lease-duration', '500ms'],
      '--leader-election-lease-duration "500ms": must be a duration from 1s to 1h, such as 90s, 10m or 1h30m',
    ],
    [
      ['--leader-election-lease-duration', '10s'],
      '--leader-election-…: the lease duration has to be longer than the renew deadline',
    ],
    [
      ['--leader-election-retry-period', '9s'],
      '--leader-election-…: the renew deadline has to be longer than 1.2 times the retry period',
    ],
    [['--namespaces', 'a,,b'], '--namespaces "a,,b": must be names of namespaces, separated by commas'],
    ...['', 'a,,b', 'Team', 'a_b', '-a', 'a.b', 'x'.repeat(41), [...Array(33).keys()].join(',')].map(
      (shards): [string[], string] => [
        [`--shards=${shards}`],
        `--shards ${quote(shards)}: must be up to 32 names of at most 40 lower-case letters, digits and "-", separated by commas`,
      ],
    ),
    [['--namespaces', 'Prod'], '--namespaces "Prod": must be names of namespaces, separated by commas'],
    [
      ['--metrics-bind-address', '8080'],
      '--metrics-bind-address "8080": must be HOST:PORT or :PORT (port 0: any that is free), or 0 for none',
    ],
    [
      ['--health-probe-bind-address', ':65536'],
      '--health-probe-bind-address ":65536": must be HOST:PORT or :PORT (port 0: any that is free), or 0 for none',
    ],
    [['--log-level', 'trace'], '--log-level "trace": must be debug, info, warn, or error'],
    [['--log-format', 'xml'], '--log-format "xml": must be auto, json, or pretty'],
    [['--kubeconfig='], '--kubeconfig "": must be the path of a kubeconfig'],
    [['--context', 'a', '--log-level', 'a\nb'], '--log-level "a\\nb": must be debug, info, warn, or error'],
    [['--workers', long], `--workers "${long.slice(0, 64)}…": must be an integer from 1 to 64`],
  ])('%j is told in one line', ([args, message]) => {
    expect(() => parseCommand(args, {})).toThrow(new UsageError(message));
  });

  test('in the environment names the variable', () => {
    expect(() => parseCommand([], { NODEFLEET_LOG_LEVEL: 'loud' })).toThrow(
      new UsageError('NODEFLEET_LOG_LEVEL "loud": must be debug, info, warn, or error'),
    );
  });

  test('ends the program with 2 and points to --help', () => {
    const error = new UsageError('unknown option "-w"');
    expect([error.exitCode, error.message]).toEqual([2, 'unknown option "-w"; see nodefleet --help']);
  });
});

test('--help lists every option with its limits and its default', () => {
  const command = parseCommand(['--help'], {});
  expect(command.type === 'help' && command.text).toMatchInlineSnapshot(`
    "nodefleet: a Kubernetes operator for fleets of stateful members

    Usage: nodefleet [options]

      --kubeconfig FILE
            how to reach the API server
            (the path of a kubeconfig; default $KUBECONFIG, the pod's service account, or ~/.kube/config)
      --context NAME
            the context of the kubeconfig
            (a name; default the current one)
      --namespaces A,B
            the namespaces to serve
            (names of namespaces, separated by commas; default all)
      --shards A,B
            the shards to serve: the NodeDeployments of these values of the label nodefleet.dev/shard
            (up to 32 names of at most 40 lower-case letters, digits and "-", separated by commas; default default, which has those without the label)
      --workers N
            how many NodeDeployments are reconciled at a time
            (an integer from 1 to 64; default 16)
      --resync TIME
            how often every NodeDeployment is reconciled though nothing changed
            (a duration from 1s to 24h, such as 90s, 10m or 1h30m; default 10m)
      --leader-elect[=true|false]
            work only while holding a Lease, so that of several replicas one works and the others stand by
            (true or false; default true)
      --leader-election-namespace NAMESPACE
            where that Lease is
            (the name of a namespace; default the pod's own)
      --leader-election-lease-duration TIME
            how long a standby waits for a leader that it does not hear of
            (a duration from 1s to 1h, such as 90s, 10m or 1h30m; default 15s)
      --leader-election-renew-deadline TIME
            how long a leader that cannot renew its Lease goes on; less than the lease duration
            (a duration from 1s to 1h, such as 90s, 10m or 1h30m; default 10s)
      --leader-election-retry-period TIME
            how often the leader renews its Lease
            (a duration from 1s to 1h, such as 90s, 10m or 1h30m; default 2s)
      --metrics-bind-address ADDRESS
            where Prometheus finds /metrics
            (HOST:PORT or :PORT (port 0: any that is free), or 0 for none; default :8080)
      --health-probe-bind-address ADDRESS
            where probes find /healthz and /readyz
            (HOST:PORT or :PORT (port 0: any that is free), or 0 for none; default :8081)
      --log-level LEVEL
            the least that is logged
            (debug, info, warn, or error; default info)
      --log-format FORMAT
            the form of log lines; auto is pretty at a terminal and json elsewhere
            (auto, json, or pretty; default auto)
      --version
            print the version and exit
      -h, --help
            print this text and exit

    Each option has an environment variable too: NODEFLEET_LOG_LEVEL for --log-level. A flag wins.
    "
  `);
});
