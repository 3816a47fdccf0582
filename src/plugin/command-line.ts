// Arguments → what to do. Unknown words and flags, missing and surplus arguments are UsageErrors of one line.
import { parseArgs } from 'node:util';

import { COMMAND_NAMES, helpOf, isCommandName, type CommandName } from './commands.ts';
import { UsageError } from './errors.ts';
import { COMMON_FLAGS, FLAG_HELP, FLAGS, flagOf, type FlagName, type Options } from './flags.ts';
import { commandHelp, overview, PROGRAM } from './help.ts';

export interface Run {
  readonly type: 'run';
  readonly command: CommandName;
  /** The argument; undefined if it was left out, which the table has to allow. */
  readonly name: string | undefined;
  readonly options: Options;
}

export type Invocation = Run | { readonly type: 'help'; readonly text: string } | { readonly type: 'version' };

/** `args` without the program's name: `process.argv.slice(2)`. @throws UsageError for the first mistake that it finds. */
export function parseCommandLine(args: readonly string[]): Invocation {
  const { words, flags, isHelp, isVersion } = readTokens(args);
  if (isVersion) return { type: 'version' };
  const { command, rest } = findCommand(words);
  if (command === undefined) {
    const [group] = words;
    if (isHelp || group === undefined || rest.length > 0) return { type: 'help', text: overview(group) };
    throw new UsageError(
      `${group} needs a command: ${subcommandsOf(group).join(', ')}; see ${PROGRAM} ${group} --help`,
    );
  }
  if (isHelp) return { type: 'help', text: commandHelp(command) };
  return { type: 'run', command, name: argumentOf(command, rest), options: optionsOf(command, flags) };
}

interface Tokens {
  readonly words: readonly string[];
  /** The last value of each flag. */
  readonly flags: ReadonlyMap<FlagName, string>;
  readonly isHelp: boolean;
  readonly isVersion: boolean;
}

const ALL_FLAGS = Object.keys(FLAG_HELP).filter((name): name is FlagName => Object.hasOwn(FLAG_HELP, name));

function readTokens(args: readonly string[]): Tokens {
  const names = new Map(ALL_FLAGS.map((name) => [flagOf(name), name]));
  const { tokens } = parseArgs({ args: [...args], options: parserOptions(), strict: false, tokens: true });
  const flags = new Map<FlagName, string>();
  const words: string[] = [];
  const switches = new Set<string>();
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const { rawName, value, inlineValue } = token;
    const name = names.get(token.name);
    if (name === undefined) {
      if (token.name !== 'help' && token.name !== 'version') {
        throw new UsageError(`unknown flag ${quote(rawName)}; see ${PROGRAM} --help`);
      }
      switches.add(token.name);
      continue;
    }
    const { value: takes, allowed } = FLAG_HELP[name];
    if (takes === undefined && value !== undefined) throw new UsageError(`${rawName} takes no value`);
    const isMissing = takes !== undefined && (value === undefined || (!inlineValue && value.startsWith('-')));
    if (isMissing) throw new UsageError(`${rawName} needs a value: ${allowed}`);
    // kubectl takes `-o=json` too.
    flags.set(name, rawName.startsWith('--') ? (value ?? '') : (value ?? '').replace(/^=/, ''));
  }
  return { words, flags, isHelp: switches.has('help'), isVersion: switches.has('version') };
}

function parserOptions(): Record<string, { type: 'string' | 'boolean'; short?: string }> {
  const rows = ALL_FLAGS.map((name) => {
    const { short, value } = FLAG_HELP[name];
    const type = value === undefined ? ('boolean' as const) : ('string' as const);
    return [flagOf(name), { type, ...(short !== undefined && { short }) }] as const;
  });
  return { ...Object.fromEntries(rows), help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } };
}

/** The command that the first words name; none for the name of a group, or for no words at all. */
function findCommand(words: readonly string[]): {
  readonly command: CommandName | undefined;
  readonly rest: readonly string[];
} {
  const [first, second] = words;
  if (first === undefined) return { command: undefined, rest: [] };
  if (isCommandName(first)) return { command: first, rest: words.slice(1) };
  const subcommands = subcommandsOf(first);
  if (subcommands.length === 0) {
    const known = [...new Set(COMMAND_NAMES.map((name) => name.split(' ')[0]))];
    throw new UsageError(`unknown command ${quote(first)}: there are ${known.join(', ')}; see ${PROGRAM} --help`);
  }
  if (second === undefined) return { command: undefined, rest: [] };
  const name = `${first} ${second}`;
  if (isCommandName(name)) return { command: name, rest: words.slice(2) };
  throw new UsageError(`unknown command ${quote(name)}: ${first} has ${subcommands.join(', ')}`);
}

function subcommandsOf(group: string): readonly string[] {
  return COMMAND_NAMES.filter((name) => name.startsWith(`${group} `)).map((name) => name.slice(group.length + 1));
}

const KINDS = /^(nd|nodedeployments?(\.nodefleet\.dev)?)\//;
const DNS_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The name, also when it is written as `nd/NAME`. */
function argumentOf(command: CommandName, rest: readonly string[]): string | undefined {
  const { argument } = helpOf(command);
  const [given, surplus] = rest;
  const usage = `${PROGRAM} ${command} ${argument}`;
  if (surplus !== undefined) throw new UsageError(`unexpected argument ${quote(surplus)}; usage: ${usage}`);
  if (given === undefined) {
    if (argument.startsWith('[')) return undefined;
    const what = argument === 'MEMBER' ? 'a member, such as geth-0' : 'the name of a NodeDeployment';
    throw new UsageError(`${command} needs ${what}; usage: ${usage}`);
  }
  const name = argument === 'MEMBER' ? given : given.replace(KINDS, '');
  if (!DNS_NAME.test(name)) throw new UsageError(`${quote(given)} cannot be a name; usage: ${usage}`);
  if (argument === 'MEMBER' && !/-\d+$/.test(name)) {
    throw new UsageError(`${quote(given)} is not a member: members are called NAME-0, NAME-1, …; usage: ${usage}`);
  }
  return name;
}

function optionsOf(command: CommandName, flags: ReadonlyMap<FlagName, string>): Options {
  const own: readonly FlagName[] = [...helpOf(command).flags, ...COMMON_FLAGS];
  for (const name of flags.keys()) {
    if (!own.includes(name))
      throw new UsageError(`${command} has no flag --${flagOf(name)}; see ${PROGRAM} ${command} --help`);
  }
  const parsed = FLAGS.safeParse(Object.fromEntries(flags));
  if (parsed.success) return parsed.data;
  const wrong = ALL_FLAGS.find((name) => name === parsed.error.issues[0]?.path[0]) ?? 'namespace';
  throw new UsageError(`--${flagOf(wrong)} ${quote(flags.get(wrong) ?? '')}: must be ${FLAG_HELP[wrong].allowed}`);
}

/** In quotes, escaped, and cut at 64 characters. */
function quote(given: string): string {
  return JSON.stringify(given.length > 64 ? `${given.slice(0, 64)}…` : given);
}
