const TYPES: ReadonlyMap<number, string> = new Map([
  [0o140000, 's'],
  [0o120000, 'l'],
  [0o100000, '-'],
  [0o060000, 'b'],
  [0o040000, 'd'],
  [0o020000, 'c'],
  [0o010000, 'p'],
]);

/** The mode as `ls -l` writes it: `-rw-r--r--`, with `s`, `S`, `t`, `T` for the special bits. */
export function formatMode(mode: number): string {
  const permissions = [6, 3, 0].map((shift) => {
    const bits = (mode >> shift) & 7;
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${executeLetter(mode, shift, (bits & 1) !== 0)}`;
  });
  return (TYPES.get(mode & 0o170000) ?? '?') + permissions.join('');
}

function executeLetter(mode: number, shift: number, executable: boolean): string {
  const special = shift === 0 ? mode & 0o1000 : mode & (shift === 6 ? 0o4000 : 0o2000);
  if (special === 0) return executable ? 'x' : '-';
  const letter = shift === 0 ? 't' : 's';
  return executable ? letter : letter.toUpperCase();
}
