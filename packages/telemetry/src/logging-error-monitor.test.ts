import { type LogFields, type Logger, MemoryLogger } from '@bai/core';
import { describe, expect, it } from 'vitest';
import { LoggingErrorMonitor } from './logging-error-monitor.js';
import { describeErrorMonitor } from './testing/index.js';

/** A logger that can be broken. */
class BreakableLogger extends MemoryLogger {
  broken = false;

  override error(message: string, fields?: LogFields): void {
    if (this.broken) throw new Error('the log is full');
    super.error(message, fields);
  }
  override child(): MemoryLogger {
    return this;
  }
}

describeErrorMonitor('LoggingErrorMonitor', async () => {
  const logger = new BreakableLogger();
  return {
    monitor: new LoggingErrorMonitor(logger),
    captured: () => logger.lines.map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`),
    breakDown: () => {
      logger.broken = true;
    },
    async [Symbol.asyncDispose]() {},
  };
});

describe('LoggingErrorMonitor', () => {
  it('writes error lines with the stack, under its own name', () => {
    const logger: Logger & MemoryLogger = new MemoryLogger();
    new LoggingErrorMonitor(logger).captureError(new Error('broken'), { task: 'outbox' });
    expect(logger.lines).toEqual([
      {
        level: 'error',
        message: 'unexpected error',
        fields: {
          name: 'telemetry:LoggingErrorMonitor',
          task: 'outbox',
          error: { message: 'broken', stack: expect.stringContaining('logging-error-monitor.test') },
        },
      },
    ]);
  });
});
