import type { Enforcement, KernelStats } from '@bai/agent-api';
import { formatSize } from '@bai/core';
import type { Printer } from '../cli/printer.js';

/** A kernel's figures and how well its limits hold. */
export async function showStats(
  stats: KernelStats,
  limits: Readonly<Record<string, Enforcement>>,
  printer: Printer,
): Promise<void> {
  await printer.value({ type: 'stats', ...stats, limits });
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['CPU time', stats.cpuUsedMs === null ? undefined : `${(stats.cpuUsedMs / 1000).toFixed(2)} s`],
    ['memory', bytes(stats.memoryBytes)],
    ['memory, most', bytes(stats.memoryPeakBytes)],
    ['processes', stats.processes?.toString()],
    ['files', bytes(stats.scratchBytes)],
  ];
  await printer.line('   the kernel has used:');
  for (const [name, value] of rows) await printer.line(`     ${name.padEnd(13)} ${value ?? 'can not be read here'}`);
  const held = Object.entries(limits).map(([name, enforcement]) => `${name} ${enforcement}`);
  if (held.length > 0) await printer.line(`   limits: ${held.join(', ')}`);
}

const bytes = (amount: number | null): string | undefined =>
  amount === null ? undefined : formatSize(Math.round(amount));
