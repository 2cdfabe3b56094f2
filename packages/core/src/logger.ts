/** Fields of a log line: plain data, no secrets. An `error` field may hold anything that was thrown. */
export type LogFields = Readonly<Record<string, unknown>>;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * The only way in which a library speaks to the operator. The message is constant text; what varies goes into the fields.
 * The host program decides where lines go: see {@link nullLogger} and {@link MemoryLogger}.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each line; `name` says which component speaks. */
  child(fields: LogFields): Logger;
}

/** Drops every line. */
export const nullLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => nullLogger,
};

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps the newest lines in memory, for tests and for programs that embed the agent. */
export class MemoryLogger implements Logger {
  readonly lines: LogLine[];
  readonly #fields: LogFields;
  readonly #limit: number;

  constructor(limit = 1000, fields: LogFields = {}, lines: LogLine[] = []) {
    this.#limit = limit;
    this.#fields = fields;
    this.lines = lines;
  }

  debug(message: string, fields?: LogFields): void {
    this.#add('debug', message, fields);
  }
  info(message: string, fields?: LogFields): void {
    this.#add('info', message, fields);
  }
  warn(message: string, fields?: LogFields): void {
    this.#add('warn', message, fields);
  }
  error(message: string, fields?: LogFields): void {
    this.#add('error', message, fields);
  }
  child(fields: LogFields): MemoryLogger {
    return new MemoryLogger(this.#limit, { ...this.#fields, ...fields }, this.lines);
  }

  #add(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields: { ...this.#fields, ...fields } });
    if (this.lines.length > this.#limit) this.lines.shift();
  }
}
