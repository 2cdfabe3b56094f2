import { expect, test } from 'vitest';
import { displayRecord, errorOutcome } from './display.js';

const shown = (data: Record<string, unknown>) => {
  const record = displayRecord({ data });
  return record === undefined ? undefined : [record.opcode, Buffer.from(record.payload).toString()];
};

test.each([
  [{ 'text/plain': '3' }, ['stdout', '3']],
  [{ 'text/plain': 'x', 'text/html': '<b>x</b>' }, ['media', '<b>x</b>']],
  [
    { 'text/plain': 'x', 'image/png': 'aGk=\n' },
    ['media', '{"type": "image/png", "data": "data:image/png;base64,aGk="}'],
  ],
  [{ 'image/svg+xml': ['<svg>', '</svg>'] }, ['media', '{"type": "image/svg+xml", "data": "<svg></svg>"}']],
  [{ 'text/plain': 'x', 'application/json': {} }, undefined],
  [{}, undefined],
])('%j', (data, record) => {
  expect(shown(data)).toEqual(record);
});

test.each([
  [
    { ename: 'ZeroDivisionError', evalue: 'x', traceback: ['a', 'b'] },
    { traceback: 'a\nb', exitCode: 1 },
  ],
  [
    { ename: 'SystemExit', evalue: '3', traceback: [] },
    { traceback: '', exitCode: 3 },
  ],
  [
    { ename: 'SystemExit', evalue: 'None', traceback: [] },
    { traceback: '', exitCode: 0 },
  ],
  [
    { ename: 'SystemExit', evalue: 'bye', traceback: [] },
    { traceback: '', exitCode: 1 },
  ],
])('%j', (content, outcome) => {
  expect(errorOutcome(content)).toEqual(outcome);
});
