import { expect, test } from 'vitest';
import { MessageCodec } from './messages.js';

const buffers = (frames: readonly string[]) => frames.map((frame) => Buffer.from(frame));

test('reads what it writes, also behind identities', () => {
  const codec = new MessageCodec('key');
  const { id, frames } = codec.encode('execute_request', { code: 'ß' }, { msg_id: 'p' });
  expect(codec.decode([Buffer.from('identity'), ...buffers(frames)])).toMatchObject({
    type: 'execute_request',
    parentId: 'p',
    header: { msg_id: id },
    content: { code: 'ß' },
  });
});

test('refuses messages signed with another key, changed ones and others', () => {
  const codec = new MessageCodec('key');
  const frames = buffers(new MessageCodec('other').encode('status', {}).frames);
  expect(() => codec.decode(frames)).toThrow(/signature/);
  const changed = buffers(codec.encode('status', {}).frames);
  changed[5] = Buffer.from('{"x":1}');
  expect(() => codec.decode(changed)).toThrow(/signature/);
  expect(() => codec.decode([Buffer.from('x')])).toThrow(/not a Jupyter message/);
});
