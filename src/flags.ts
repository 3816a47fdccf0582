// The command line as text: which flags were given, and the help that lists them. What the flags are, options.ts says.
import { parseArgs } from 'node:util';

/** What the help and the errors say of one option. */
export interface FlagText {
  /** Stands for the value in the help: `FILE`. */
  readonly value: string;
  readonly description: string;
  /** Completes “must be …”. */
  readonly allowed: string;
  readonly default?: string | undefined;
  /** In words, where the default is no text. */
  readonly byDefault?: string | undefined;
  /** `--name` alone means `--name=true`, and its value can only follow a `=`. */
  readonly isSwitch?: boolean | undefined;
}

/** The command line or an environment variable is wrong. The message is one line for the user. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly exitCode = 2;

  constructor(problem: string) {
    super(`${problem}; see nodefleet --help`);
  }
}

/** By their names in the schema: `logLevel`. */
export type FlagTexts = Readonly<Record<string, FlagText>>;

/** The flags that were given, by their names without `--`. The last one wins. @throws UsageError for the first mistake */
export function readFlags(args: readonly string[], texts: FlagTexts): ReadonlyMap<string, string> {
  const known = new Map(Object.entries(texts).map(([name, text]) => [flagOf(name), text]));
  const options = {
    ...Object.fromEntries([...known].map(([flag, { isSwitch }]) => [flag, { type: isSwitch ? BOOLEAN : STRING }])),
    help: { type: BOOLEAN, short: 'h' },
    version: { type: BOOLEAN },
  };
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const flags = new Map<string, string>();
  let hint = '';
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') throw new UsageError(`unexpected argument ${quote(token.value)}${hint}`);
    if (!Object.hasOwn(options, token.name)) throw new UsageError(`unknown option ${quote(token.rawName)}`);
    const text = known.get(token.name);
    flags.set(token.name, valueOf(token, text));
    hint = text?.isSwitch ? `; the value of a switch follows a "=": ${token.rawName}=${text.value}` : '';
  }
  return flags;
}

const [STRING, BOOLEAN] = ['string', 'boolean'] as const;

interface GivenFlag {
  readonly rawName: string;
  readonly value: string | undefined;
  /** Whether the value follows a `=`. */
  readonly inlineValue: boolean | undefined;
}

/** @param text absent for --help and --version */
function valueOf({ rawName, value, inlineValue }: GivenFlag, text: FlagText | undefined): string {
  if (text === undefined && value !== undefined) throw new UsageError(`${rawName} takes no value`);
  if (text === undefined) return '';
  if (text.isSwitch) return value ?? 'true';
  const isMissing = value === undefined || (!inlineValue && value.startsWith('-'));
  if (isMissing) throw new UsageError(`${rawName} needs a value: ${text.allowed}`);
  return value;
}

export function helpText(texts: FlagTexts): string {
  const rows = Object.entries(texts).map(
    ([name, { value, isSwitch, description, allowed, default: given, byDefault = given }]) =>
      `  --${flagOf(name)}${isSwitch ? `[=${value}]` : ` ${value}`}\n` +
      `        ${description}\n        (${allowed}; default ${byDefault})`,
  );
  return [
    'nodefleet: a Kubernetes operator for fleets of stateful members',
    '',
    'Usage: nodefleet [options]',
    '',
    ...rows,
    '  --version\n        print the version and exit',
    '  -h, --help\n        print this text and exit',
    '',
    'Each option has an environment variable too: NODEFLEET_LOG_LEVEL for --log-level. A flag wins.',
    '',
  ].join('\n');
}

/** `logLevel` → `log-level`. */
export function flagOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `logLevel` → `NODEFLEET_LOG_LEVEL`. */
export function variableOf(name: string): string {
  return `NODEFLEET_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;
}

/** In quotes, escaped, and cut at 64 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
