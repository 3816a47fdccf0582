// Structured logs: one line of JSON for machines, or a coloured line for a person at a terminal.

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

/** The only way to log. Never give it a secret; `createLogger` masks the usual names, but only those. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger whose lines carry `fields` too. */
  child(fields: LogFields): Logger;
}
