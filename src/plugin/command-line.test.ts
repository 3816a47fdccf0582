import { describe, expect, test } from 'vitest';

import { parseCommandLine } from './command-line.ts';
import { COMMAND_NAMES, helpOf } from './commands.ts';
import { FLAG_HELP, flagOf, type FlagName } from './flags.ts';
import { commandHelp, overview } from './help.ts';

const parse = (line: string) => parseCommandLine(line.split(' ').filter((word) => word !== ''));

describe('a command line', () => {
  test.for([
    ['status', { command: 'status', name: undefined, options: { yes: false } }],
    ['status geth -n prod', { command: 'status', name: 'geth', options: { namespace: 'prod', yes: false } }],
    ['-n prod status geth', { command: 'status', name: 'geth', options: { namespace: 'prod' } }],
    ['status geth -o json', { options: { output: 'json' } }],
    ['status geth -o=json', { options: { output: 'json' } }],
    ['status geth -ojson', { options: { output: 'json' } }],
    ['status geth --output=json', { options: { output: 'json' } }],
    ['status nd/geth', { name: 'geth' }],
    [
      'rollout undo nodedeployment/geth --to-revision=3',
      { command: 'rollout undo', name: 'geth', options: { toRevision: 3 } },
    ],
    ['rollout status geth --timeout 1m30s', { command: 'rollout status', options: { timeout: 90_000 } }],
    ['rollout status geth --timeout 0', { options: { timeout: 0 } }],
    ['claims --purge u-1 --yes', { command: 'claims', options: { purge: 'u-1', yes: true } }],
    ['why geth-12', { command: 'why', name: 'geth-12' }],
    ['status a -n one -n two', { options: { namespace: 'two' } }],
    ['--version', { type: 'version' }],
  ] as const)('%s is understood', ([line, expected]) => {
    expect(parse(line)).toMatchObject(expected);
  });

  test.for([
    ['stats', 'unknown command "stats": there are status, why, claims, rollout'],
    ['rollout', 'rollout needs a command: status, history, undo, pause, resume'],
    ['rollout go geth', 'unknown command "rollout go": rollout has status, history'],
    ['why', 'why needs a member, such as geth-0'],
    ['why geth', '"geth" is not a member'],
    ['rollout undo', 'rollout undo needs the name of a NodeDeployment'],
    ['status a b', 'unexpected argument "b"'],
    ['status A', '"A" cannot be a name'],
    ['status --nope', 'unknown flag "--nope"'],
    ['status --timeout=3s', 'status has no flag --timeout'],
    ['status -o yaml', '--output "yaml": must be json'],
    ['status -o', '-o needs a value: json'],
    ['status -n --yes', '-n needs a value: the name of a namespace'],
    ['status -n Prod', '--namespace "Prod": must be the name of a namespace'],
    ['claims --yes=1', '--yes takes no value'],
    ['rollout undo a --to-revision=0', '--to-revision "0": must be a number from the history'],
    ['rollout status a --timeout=soon', '--timeout "soon": must be a duration'],
  ] as const)('%s is refused in one line with exit code 2', ([line, message]) => {
    expect(() => parse(line)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message), exitCode: 2 }),
    );
    expect(() => parse(line)).not.toThrow('\n');
  });
});

describe('help', () => {
  test.for(['', '-h', '--help'])('"%s" lists every command', (line) => {
    const invocation = parse(line);
    expect(invocation).toEqual({ type: 'help', text: overview() });
    for (const name of COMMAND_NAMES) expect(overview()).toContain(`  ${name} ${helpOf(name).argument} `);
  });

  test('of a group lists its commands alone', () => {
    expect(parse('rollout --help')).toEqual({ type: 'help', text: overview('rollout') });
    expect(overview('rollout')).not.toContain('  why MEMBER');
  });

  test.for(COMMAND_NAMES)('of %s names its flags, and its examples can be run', (name) => {
    expect(parse(`${name} --help`)).toEqual({ type: 'help', text: commandHelp(name) });
    for (const flag of helpOf(name).flags) expect(commandHelp(name)).toContain(`--${flagOf(flag)}`);
    for (const example of helpOf(name).examples) expect(parse(example)).toMatchObject({ type: 'run', command: name });
  });

  test('every flag belongs to a command', () => {
    const common = overview();
    const texts = COMMAND_NAMES.map(commandHelp).join('') + common;
    const names = Object.keys(FLAG_HELP) as FlagName[];
    expect(names.filter((name) => !texts.includes(`--${flagOf(name)}`))).toEqual([]);
  });

  test('no line is longer than a terminal of 130 columns', () => {
    const lines = [overview(), ...COMMAND_NAMES.map(commandHelp)].join('\n').split('\n');
    expect(lines.filter((line) => line.length > 130)).toEqual([]);
  });
});
