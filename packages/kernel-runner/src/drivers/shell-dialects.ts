import type { ChannelDialect } from './channel-session.js';

/** `read` takes one line, and a shell knows no zero bytes. */
const answer = (text: string) => (text.split('\n', 1)[0] ?? '').replaceAll('\0', '');

/** The loop of `shell.sh`: one line per run, for `printf %b`. */
export const posixShellDialect: ChannelDialect = {
  run: (code) => code.replaceAll('\0', '').replaceAll('\\', '\\\\').replaceAll('\n', '\\n'),
  input: answer,
  complete: () => undefined,
};

const done = (run: number) => `builtin printf '{"event": "done", "code": %d, "run": ${run}}\\n' "$?" >&8; PS1= PS2=`;

/**
 * Lines for an interactive bash. It reads its commands byte by byte, so that an interrupt or a syntax error leaves the second line to be
 * read; an interrupt that hits that one is followed by another.
 */
export const bashDialect: ChannelDialect = {
  run: (code, run) => {
    const quoted = code.replaceAll('\0', '').replaceAll("'", "'\\''");
    return `builtin printf '{"event": "started"}\\n' >&8; eval '${quoted}' </dev/null\n${done(run)}`;
  },
  input: answer,
  complete: () => undefined,
  afterInterrupt: done,
};
