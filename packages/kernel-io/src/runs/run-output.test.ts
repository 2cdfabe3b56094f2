import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gapRecord, type LogRecord } from './log-record.js';
import { type Held, RunOutput } from './run-output.js';

const nothing = (): Held => ({ records: 0, bytes: 0 });

/** Records of 10 cursors each. */
function recordsOf(...specs: readonly (readonly [string, string | Buffer])[]): LogRecord[] {
  return specs.map(([opcode, payload], index) => ({
    opcode,
    payload: Buffer.from(payload),
    start: index * 10,
    cursor: index * 10 + 10,
    droppedBytes: 0,
  }));
}

function outputOf(records: readonly LogRecord[], held = nothing()): RunOutput {
  const output = new RunOutput(held);
  for (const record of records) output.push(record);
  return output;
}

const ALL = Number.MAX_SAFE_INTEGER;
const textOf = (output: RunOutput) => JSON.stringify(output.take(ALL).console);

describe('RunOutput', () => {
  it('joins what follows each other, and keeps the order of everything else', () => {
    const output = outputOf(
      recordsOf(
        ['stdout', 'a'],
        ['stdout', 'b'],
        ['stderr', 'c'],
        ['media', '{"type":"image/png","data":"x"}'],
        ['media', '<b>y</b>'],
        ['log', 'l'],
        ['html', '<i>'],
        ['unheard-of', 'z'],
        ['stdout', 'd'],
      ),
    );
    expect(output.take(ALL)).toEqual({
      console: [
        { type: 'stdout', text: 'ab' },
        { type: 'stderr', text: 'c' },
        { type: 'media', mime: 'image/png', data: 'x' },
        { type: 'html', text: '<b>y</b>' },
        { type: 'log', text: 'l' },
        { type: 'html', text: '<i>' },
        { type: 'stdout', text: 'd' },
      ],
      droppedBytes: 0,
      ender: undefined,
    });
  });

  it('stops behind a record that ends the request', () => {
    const output = outputOf(recordsOf(['stdout', 'a'], ['clean-finished', '{}'], ['stdout', 'b'], ['finished', '{}']));
    expect(output.take(ALL)).toMatchObject({ console: [{ text: 'a' }], ender: { opcode: 'clean-finished' } });
    expect(output.position).toBe(20);
    expect(output.take(ALL)).toMatchObject({ console: [{ text: 'b' }], ender: { opcode: 'finished' } });
    expect(output.hasEnder).toBe(false);
  });

  it('ends with the record that makes the answer large enough', () => {
    const output = outputOf(recordsOf(['stdout', 'abc'], ['stdout', 'def'], ['stdout', 'g']));
    expect(output.take(4).console).toEqual([{ type: 'stdout', text: 'abcdef' }]);
    expect(output.waitingBytes).toBe(1);
  });

  it('gives an answer again until it is let go', () => {
    const held = nothing();
    const output = outputOf(recordsOf(['stdout', 'a'], ['stdout', 'b']), held);
    const first = textOf(output);
    output.seek(0);
    expect(textOf(output)).toBe(first);
    output.forgetRead();
    expect(held).toEqual({ records: 0, bytes: 0 });
    expect(output.neededFrom).toBe(Number.POSITIVE_INFINITY);
  });

  it('counts what a client misses that goes back behind what was let go', () => {
    const output = outputOf(recordsOf(['stdout', 'abc'], ['stdout', 'd']));
    output.seek(10);
    output.forgetRead();
    output.seek(0);
    expect(output.take(ALL)).toMatchObject({ console: [{ text: 'd' }], droppedBytes: 3 });
  });

  it('skips what a client already has when it comes again, and what an unfinished character needs is not lost', () => {
    const [first, second] = [Buffer.from('€').subarray(0, 2), Buffer.from('€').subarray(2)];
    const output = new RunOutput(nothing());
    output.seek(10);
    for (const record of recordsOf(['stdout', first], ['stdout', second])) output.push(record);
    expect(output.take(ALL).console).toEqual([{ type: 'stdout', text: '€' }]);
  });

  it('keeps the log of an unfinished character', () => {
    const output = outputOf(recordsOf(['stdout', 'abc'], ['stdout', Buffer.from([0xe2])], ['stderr', 'x']));
    output.take(ALL);
    output.forgetRead();
    expect(output.neededFrom).toBe(10);
  });

  it('ends unfinished characters with the run', () => {
    const output = outputOf(recordsOf(['stdout', Buffer.from([0xe2])], ['finished', '{}']));
    expect(output.take(ALL).console).toEqual([{ type: 'stdout', text: '\ufffd' }]);
  });

  it('keeps the end when it discards, and counts the rest', () => {
    const held = nothing();
    const output = outputOf(
      recordsOf(['stdout', 'abc'], ['waiting-input', ''], ['stdout', 'de'], ['finished', '{}']),
      held,
    );
    output.discard();
    expect(output.take(ALL)).toMatchObject({ console: [], droppedBytes: 5, ender: { opcode: 'finished' } });
    output.forgetRead();
    expect(held).toEqual({ records: 0, bytes: 0 });
  });

  it('reports a gap once per reading', () => {
    const output = new RunOutput(nothing());
    output.push(gapRecord(0, 50, 7));
    expect(output.take(ALL).droppedBytes).toBe(7);
    expect(output.take(ALL).droppedBytes).toBe(0);
  });

  it('counts what it holds, whatever happens', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), opcode: fc.constantFrom('stdout', 'waiting-input', 'stderr') }),
      fc.record({ kind: fc.constantFrom('take' as const, 'forget' as const, 'discard' as const, 'clear' as const) }),
      fc.record({ kind: fc.constant('seek' as const), back: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const held = nothing();
        const output = new RunOutput(held);
        let end = 0;
        for (const action of steps) {
          if (action.kind === 'push') {
            output.push({
              opcode: action.opcode,
              payload: Buffer.from('xy'),
              start: end,
              cursor: end + 10,
              droppedBytes: 0,
            });
            end += 10;
          } else if (action.kind === 'take') output.take(3);
          else if (action.kind === 'forget') output.forgetRead();
          else if (action.kind === 'discard') output.discard();
          else if (action.kind === 'clear') output.clear();
          else if (action.kind === 'seek') output.seek(Math.max(0, end - action.back));
          expect(held.records).toBeGreaterThanOrEqual(output.waitingRecords);
          expect(held.bytes).toBeGreaterThanOrEqual(output.waitingBytes);
        }
        output.seek(end);
        expect({ bytes: output.waitingBytes, ender: output.hasEnder }).toEqual({ bytes: 0, ender: false });
        output.forgetRead();
        expect(held).toEqual({ records: 0, bytes: 0 });
      }),
    );
  });
});
