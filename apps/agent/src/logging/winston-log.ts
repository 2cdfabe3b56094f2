import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { LogSettings } from '@bai/config';
import type { LogFields, Logger } from '@bai/core';
import winston from 'winston';
import { consoleLine, jsonLine, type LogEntry } from './log-line.js';
import { RotatingFile } from './rotating-file.js';

/** The daemon's log: lines for people on a stream, and JSON lines in a file, as configured. */
export class WinstonLog implements AsyncDisposable {
  readonly #lines: WinstonLogger;
  readonly #winston: winston.Logger;
  readonly #file: RotatingFile | undefined;
  #closing: Promise<void> | undefined;

  /** @throws the system's error when the log file can't be opened */
  constructor(settings: LogSettings, terminal: Writable & { readonly isTTY?: boolean }) {
    this.#file = settings.file === undefined ? undefined : new RotatingFile(settings.file);
    const transports: winston.transport[] = [];
    if (settings.console !== undefined) {
      const { format, colored = terminal.isTTY === true } = settings.console;
      transports.push(toStream(terminal, (entry) => consoleLine(entry, { format, colored })));
    }
    if (this.#file !== undefined) transports.push(toStream(this.#file, jsonLine));
    this.#winston = winston.createLogger({ level: settings.level, transports, silent: transports.length === 0 });
    this.#file?.on('error', (error) => terminal.write(`the log file can't be written: ${error.message}\n`));
    this.#lines = new WinstonLogger(this.#winston);
  }

  get logger(): Logger {
    return this.#lines;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#lines.end();
    const finished = once(this.#winston, 'finish');
    this.#winston.end();
    await finished;
    if (this.#file === undefined || this.#file.destroyed) return;
    this.#file.end();
    await once(this.#file, 'close');
  }
}

function toStream(stream: Writable, line: (entry: LogEntry) => string): winston.transport {
  // The line brings its own end; winston would add another.
  const format = winston.format.printf((info) => line(entryOf(info)));
  return new winston.transports.Stream({ stream, format, eol: '' });
}

const FIELDS = 'fields';

function entryOf(info: winston.Logform.TransformableInfo): LogEntry {
  const fields: unknown = info[FIELDS];
  const isTable = typeof fields === 'object' && fields !== null;
  return { level: info.level, message: String(info.message), fields: isTable ? { ...fields } : {}, at: new Date() };
}

/** Children share the state of their root, so that its end is theirs. */
class WinstonLogger implements Logger {
  readonly #winston: winston.Logger;
  readonly #fields: LogFields;
  readonly #state: { ended: boolean };

  constructor(inner: winston.Logger, fields: LogFields = {}, state = { ended: false }) {
    this.#winston = inner;
    this.#fields = fields;
    this.#state = state;
  }

  /** Late lines, of a background task that outlives the log, are dropped rather than thrown. */
  end(): void {
    this.#state.ended = true;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }
  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }
  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }
  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }
  child(fields: LogFields): Logger {
    return new WinstonLogger(this.#winston, { ...this.#fields, ...fields }, this.#state);
  }

  #log(level: string, message: string, fields: LogFields = {}): void {
    if (!this.#state.ended) this.#winston.log({ level, message, [FIELDS]: { ...this.#fields, ...fields } });
  }
}
