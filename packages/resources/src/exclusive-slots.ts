/**
 * Two requested slots that can't be had together, or undefined. Two different slots conflict when each of them is matched by some entry.
 * An entry with `*` is a shell pattern, any other a name. @see spec/05 §5.1
 */
export function findExclusiveConflict(
  slots: readonly string[],
  exclusive: readonly string[],
): readonly [string, string] | undefined {
  const matchers = exclusive.map(toMatcher);
  const [first, second] = slots.filter((slot) => matchers.some((matches) => matches(slot)));
  return first === undefined || second === undefined ? undefined : [first, second];
}

function toMatcher(entry: string): (slot: string) => boolean {
  if (!entry.includes('*')) return (slot) => slot === entry;
  const pattern = new RegExp(
    `^${entry
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );
  return (slot) => pattern.test(slot);
}
