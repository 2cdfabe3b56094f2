import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputTail } from './output-tail.js';

test('keeps the newest bytes whatever the pieces', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 50 }), fc.nat(60), (parts, limit, asked) => {
      const tail = new OutputTail(limit);
      for (const part of parts) tail.append(part);
      const kept = Math.min(limit, asked);
      const all = Buffer.concat(parts);
      expect(Buffer.from(tail.read(asked))).toEqual(all.subarray(Math.max(0, all.length - kept)));
    }),
  );
});
