import { newKernelId } from '@bai/core';
import { describe, expect, it } from 'vitest';
import { InProcessLogSink } from './in-process-log-sink.js';
import { InProcessStatSink } from './in-process-stat-sink.js';
import { describeLogSink, describeStatSink, exampleStats } from './testing/index.js';

describeStatSink('InProcessStatSink', async () => {
  const sink = new InProcessStatSink();
  return {
    sink,
    newest: (kernelId) => sink.newest(kernelId),
    [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
  };
});

describe('InProcessStatSink', () => {
  it('throws the kernel out that was silent for longest', () => {
    const sink = new InProcessStatSink({ limit: 2 });
    const [a, b, c] = [newKernelId(), newKernelId(), newKernelId()];
    for (const kernelId of [a, b, a, c]) sink.publish(exampleStats(kernelId, 1));
    expect(sink.all().map((stats) => stats.kernelId)).toEqual([a, c]);
    sink.forget(a);
    expect(sink.newest(a)).toBeUndefined();
  });
});

describeLogSink('InProcessLogSink', async () => {
  const sink = new InProcessLogSink();
  return {
    sink,
    finished: (kernelId) => {
      const log = sink.read(kernelId);
      return log?.finished === true ? log.bytes : undefined;
    },
    [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
  };
});

describe('InProcessLogSink', () => {
  const text = (value: string) => new TextEncoder().encode(value);
  const read = (sink: InProcessLogSink, kernelId: Parameters<InProcessLogSink['read']>[0]) => {
    const log = sink.read(kernelId);
    return log && { text: new TextDecoder().decode(log.bytes), dropped: log.dropped, finished: log.finished };
  };

  it('keeps the newest bytes and counts those that went', () => {
    const sink = new InProcessLogSink({ maxBytes: 5 });
    const kernelId = newKernelId();
    sink.append(kernelId, text('abc'));
    sink.append(kernelId, text('def'));
    expect(read(sink, kernelId)).toEqual({ text: 'bcdef', dropped: 1, finished: false });
    sink.append(kernelId, text('0123456789'));
    sink.finish(kernelId);
    expect(read(sink, kernelId)).toEqual({ text: '56789', dropped: 11, finished: true });
  });

  it('begins a new log after the end of one', () => {
    const sink = new InProcessLogSink();
    const kernelId = newKernelId();
    sink.append(kernelId, text('old'));
    sink.finish(kernelId);
    sink.append(kernelId, text('new'));
    expect(read(sink, kernelId)).toEqual({ text: 'new', dropped: 0, finished: false });
  });

  it('throws the oldest log out', () => {
    const sink = new InProcessLogSink({ maxLogs: 2 });
    const ids = [newKernelId(), newKernelId(), newKernelId()] as const;
    for (const kernelId of ids) sink.append(kernelId, text('x'));
    expect(ids.map((kernelId) => sink.read(kernelId) !== undefined)).toEqual([false, true, true]);
  });
});
