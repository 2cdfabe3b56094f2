import { LinuxError } from './errors.js';

/** Parses the kernel's list of CPUs, `0-2,5`, into numbers in rising order. Empty text is no CPU. @throws {LinuxError} */
export function parseCpuList(text: string): number[] {
  const cpus = new Set<number>();
  for (const part of text.trim().split(',')) {
    if (part === '' && text.trim() === '') break;
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim()) ?? [];
    if (first === undefined || Number(last) < Number(first)) {
      throw new LinuxError(
        'LINUX_BAD_FORMAT',
        `not a list of CPUs such as 0-2,5: ${JSON.stringify(text.slice(0, 80))}`,
      );
    }
    for (let cpu = Number(first); cpu <= Number(last); cpu += 1) cpus.add(cpu);
  }
  return [...cpus].sort((a, b) => a - b);
}

/** The shortest list of these CPUs, as the kernel prints it. */
export function formatCpuList(cpus: Iterable<number>): string {
  const ranges: { first: number; last: number }[] = [];
  for (const cpu of [...new Set(cpus)].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === cpu - 1) range.last = cpu;
    else ranges.push({ first: cpu, last: cpu });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
