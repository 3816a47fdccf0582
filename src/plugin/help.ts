// The texts of `--help`, made from the tables of commands and flags. Pure.
import { COMMAND_NAMES, helpOf, type CommandName } from './commands.ts';
import { COMMON_FLAGS, FLAG_HELP, flagOf, type FlagName } from './flags.ts';

export const PROGRAM = 'kubectl nodefleet';

/** The list of commands: all, or those that begin with the word `group`. */
export function overview(group?: string): string {
  const names = COMMAND_NAMES.filter((name) => group === undefined || name.startsWith(`${group} `));
  const width = Math.max(...names.map((name) => usageOf(name).length));
  return text([
    group === undefined ? 'Looks after fleets of stateful members (NodeDeployments).' : `Commands of ${group}.`,
    '',
    'Usage:',
    `  ${[PROGRAM, group, 'COMMAND [flags]'].filter(Boolean).join(' ')}`,
    '',
    'Commands:',
    ...names.map((name) => `  ${usageOf(name).padEnd(width)}  ${helpOf(name).summary}`),
    '',
    'Flags of every command, which come after nodefleet:',
    ...flagLines(COMMON_FLAGS),
    '',
    `${PROGRAM} COMMAND --help says more.`,
  ]);
}

export function commandHelp(name: CommandName): string {
  const { summary, details, flags, examples } = helpOf(name);
  return text([
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...(details.length === 0 ? [] : ['', ...details]),
    '',
    'Usage:',
    `  ${PROGRAM} ${usageOf(name)} [flags]`,
    '',
    'Examples:',
    ...examples.map((example) => `  ${PROGRAM} ${example}`),
    '',
    'Flags:',
    ...flagLines([...flags, ...COMMON_FLAGS]),
  ]);
}

function usageOf(name: CommandName): string {
  return `${name} ${helpOf(name).argument}`;
}

function flagLines(names: readonly FlagName[]): readonly string[] {
  const rows = names.map((name) => {
    const { short, value, description, byDefault } = FLAG_HELP[name];
    const long = `--${flagOf(name)}${value === undefined ? '' : ` ${value}`}`;
    const flag = short === undefined ? `    ${long}` : `-${short}, ${long}`;
    return { flag, says: byDefault === undefined ? description : `${description} (default: ${byDefault})` };
  });
  const all = [...rows, { flag: '-h, --help', says: 'print this text' }];
  const width = Math.max(...all.map(({ flag }) => flag.length));
  return all.map(({ flag, says }) => `  ${flag.padEnd(width)}  ${says}`);
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
