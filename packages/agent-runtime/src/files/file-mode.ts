const TYPES: Readonly<Record<number, string>> = {
  26411: 's',
  21609: 'l',
  16807: '-',
  14406: 'b',
  9604: 'd',
  4802: 'c',
  2401: 'p',
};

/** The mode as `ls -l` writes it: `-rw-r--r--`, with `s`, `S`, `t`, `T` for the special bits. */
export function formatMode(mode: number): string {
  const permissions = [6, 3, 0].map((shift) => {
    const bits = (mode >> shift) & 7;
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${executeLetter(mode, shift, (bits & 1) !== 0)}`;
  });
  return (TYPES[mode & 0o170000] ?? '?') + permissions.join('');
}

function executeLetter(mode: number, shift: number, executable: boolean): string {
  const special = shift === 0 ? mode & 0o1000 : mode & (shift === 6 ? 0o4000 : 0o2000);
  if (special === 0) return executable ? 'x' : '-';
  const letter = shift === 0 ? 't' : 's';
  return executable ? letter : letter.toUpperCase();
}
