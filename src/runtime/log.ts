// Structured logs: one line of JSON for machines, or a coloured line for a person at a terminal.
import { type Logger as Pino, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';

import { systemClock, type Clock } from './clock.ts';

/** What a log line says besides its message. These names mean the same everywhere. */
export interface LogFields {
  /** The step of the reconcile or of the program, as in an error's prefix: `load`, `observe`, `execute`, `start`. */
  readonly step?: string;
  /** `namespace/name` of the object that the line is about. */
  readonly key?: string;
  /** An error, logged with its causes. */
  readonly err?: unknown;
  readonly [field: string]: unknown;
}

/** The only way to log. Never give it a secret: what `createLogger` masks is a second belt, not a licence. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger whose lines carry `fields` too. */
  child(fields: LogFields): Logger;
}

/** From the most to the least that is said. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `auto` is `pretty` at a terminal and `json` elsewhere. */
export const LOG_FORMATS = ['auto', 'json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogDestination {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface LoggerOptions {
  /** Lines below it are dropped; default `info`. */
  readonly level?: LogLevel;
  /** Default `auto`. */
  readonly format?: LogFormat;
  /** What every line says, for example the program's version. */
  readonly fields?: LogFields;
  /** Default standard output, written synchronously: the last line before an exit is not lost. */
  readonly destination?: LogDestination;
  readonly clock?: Clock;
}

/**
 * Makes the program's logger. Each line has `level`, `time` (RFC 3339), `msg` and its fields; an `err` has `type`,
 * `message` and `stack`, both with its causes.
 *
 * Masked wherever they stand in a line, at any depth and inside quoted JSON too: bearer tokens, JSON web tokens, and the
 * values of fields named `authorization` or `…token`.
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const { level = 'info', fields = {}, clock = systemClock, destination = process.stdout } = options;
  const root = pino(
    {
      level,
      base: fields,
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: maskSecrets },
    },
    isPretty(options, destination) ? prettyPrinter(destination) : destination,
  );
  return new LineLogger(root, {});
}

/** A child of pino costs more than most reconciles have to say: fields are put together when there is a line to write. */
class LineLogger implements Logger {
  readonly #root: Pino;
  readonly #fields: LogFields;

  constructor(root: Pino, fields: LogFields) {
    this.#root = root;
    this.#fields = fields;
  }

  debug(fields: LogFields, message: string): void {
    if (this.#root.isLevelEnabled('debug')) this.#root.debug({ ...this.#fields, ...fields }, message);
  }

  info(fields: LogFields, message: string): void {
    this.#root.info({ ...this.#fields, ...fields }, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#root.warn({ ...this.#fields, ...fields }, message);
  }

  error(fields: LogFields, message: string): void {
    this.#root.error({ ...this.#fields, ...fields }, message);
  }

  child(fields: LogFields): Logger {
    return new LineLogger(this.#root, { ...this.#fields, ...fields });
  }
}

function isPretty({ format = 'auto' }: LoggerOptions, { isTTY = false }: LogDestination): boolean {
  return format === 'pretty' || (format === 'auto' && isTTY);
}

/** One line per call: time, level, the object's key, the message, the other fields. */
function prettyPrinter(destination: LogDestination): LogDestination {
  const toText = prettyFactory({
    colorize: destination.isTTY ?? false,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'key',
    messageFormat: '{if key}{key}: {end}{msg}',
  });
  return { write: (line) => destination.write(toText(line)) };
}

/** A field's name and the quote before its value; in JSON that is quoted itself, each quote has backslashes before it. */
const SECRET_FIELD = /(\\*")(authorization|[\w-]*token)\1\s*:\s*\1[^"\\]*/gi;
const BEARER = /\bBearer\s+[\w.~+/=-]+/gi;
const JSON_WEB_TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

function maskSecrets(line: string): string {
  return line
    .replaceAll(SECRET_FIELD, '$1$2$1:$1[masked]')
    .replaceAll(BEARER, 'Bearer [masked]')
    .replaceAll(JSON_WEB_TOKEN, '[masked]');
}
