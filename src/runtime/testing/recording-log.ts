// A logger that keeps its lines, for tests that assert on them.
import type { LogFields, Logger } from '../log.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  /** Those of the line and of the loggers that it came through. */
  readonly fields: LogFields;
}

export class RecordingLogger implements Logger {
  /** In order, those of all children too. */
  readonly lines: LogLine[];
  readonly #fields: LogFields;

  constructor(fields: LogFields = {}, lines: LogLine[] = []) {
    this.#fields = fields;
    this.lines = lines;
  }

  debug(fields: LogFields, message: string): void {
    this.#record('debug', fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#record('info', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#record('warn', fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.#record('error', fields, message);
  }

  child(fields: LogFields): RecordingLogger {
    return new RecordingLogger({ ...this.#fields, ...fields }, this.lines);
  }

  /** The lines of one level. */
  at(level: LogLine['level']): readonly LogLine[] {
    return this.lines.filter((line) => line.level === level);
  }

  #record(level: LogLine['level'], fields: LogFields, message: string): void {
    this.lines.push({ level, message, fields: { ...this.#fields, ...fields } });
  }
}
