// What a program of hack/ was told, or one line that says what it takes: where, what is wrong, what to write instead.
import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Ends the program with exit code 2. */
export function refuse(program: string, why: string): never {
  process.stderr.write(`${program}: ${why}\n`);
  process.exit(2);
}

/**
 * The options of the command line; anything else that stands there ends the program.
 *
 * @param takes what to write instead, such as `ARGS=--gather`
 */
export function readArguments<const T extends Options>(program: string, takes: string, options: T) {
  try {
    return parseArgs({ args: process.argv.slice(2), options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const [what = ''] = (error instanceof Error ? error.message : String(error)).split('. ');
    return refuse(program, `${what.charAt(0).toLowerCase()}${what.slice(1)}; it takes ${takes}`);
  }
}

/** The number that was given; undefined or empty: `fallback`. What is no whole number above 0 ends the program. */
export function wholeNumber(program: string, name: string, given: string | undefined, fallback: number): number {
  if (given === undefined || given === '') return fallback;
  const value = Number(given);
  if (Number.isInteger(value) && value > 0) return value;
  return refuse(program, `${name}=${given} is not a whole number above 0; use ${name}=${fallback}, for example`);
}
