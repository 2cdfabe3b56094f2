import type { ChannelDialect } from './channel-session.js';

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');

/** How our programs in Python and Node.js are told things: a word, a blank, base64. */
export const base64Dialect: ChannelDialect = {
  run: (code) => `run ${base64(code)}`,
  input: base64,
  complete: ({ code, position }) => `complete ${base64(code.slice(0, position))}`,
};

/** Node.js reads commands while code waits for its event loop: there an interrupt needs no signal. */
export const nodejsDialect: ChannelDialect = { ...base64Dialect, afterInterrupt: (run) => `interrupt ${run}` };
