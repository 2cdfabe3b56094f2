// What the benchmarks share: paired runs, medians, the line about the machine, and where results go.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

const RESULTS = fileURLToPath(new URL('./results/', import.meta.url));

/** @param {readonly number[]} samples @param {number} share 0.5 for the median */
export function percentile(samples, share) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (samples) => percentile(samples, 0.5);

/** Milliseconds of each of `count` calls, one after another. */
export async function timeEach(count, call) {
  const samples = [];
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    await call(index);
    samples.push(performance.now() - start);
  }
  return samples;
}

/**
 * Measures two things in turns, A B A B, so that what the machine does meanwhile hits both. Each measurement answers with one number; the
 * result is the median of each side and the median of the ratios within each round.
 * @param {{ rounds: number, ours: () => Promise<number>, reference: () => Promise<number>, progress?: (text: string) => void }} plan
 */
export async function paired({ rounds, ours, reference, progress = () => {} }) {
  const pairs = [];
  for (let round = 1; round <= rounds; round += 1) {
    const pair = { ours: await ours(), reference: await reference() };
    pairs.push(pair);
    progress(`round ${round} of ${rounds}: ours ${figure(pair.ours)}, reference ${figure(pair.reference)}`);
  }
  return {
    ours: median(pairs.map((pair) => pair.ours)),
    reference: median(pairs.map((pair) => pair.reference)),
    ratio: median(pairs.map((pair) => pair.ours / pair.reference)),
    rounds,
  };
}

/** Which machine gave the figures. */
export function machine() {
  const { model } = cpus()[0] ?? { model: 'unknown CPU' };
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${model}, ${cpus().length} cores, ${memory}, Linux ${release()}, Node.js ${process.versions.node}`;
}

/**
 * Keeps the figures of one benchmark as `results/NAME.json`.
 * @param {string} name
 * @param {readonly { what: string, unit: string, ours: number | null, reference: number | null, ratio: number | null, aim: string, note: string }[]} rows
 */
export function publish(name, rows) {
  mkdirSync(RESULTS, { recursive: true });
  const result = { name, date: new Date().toISOString().slice(0, 10), machine: machine(), rows };
  writeFileSync(`${RESULTS}${name}.json`, `${JSON.stringify(result, null, 2)}\n`);
  for (const row of rows) console.log(`${row.what}: ${figure(row.ours)} ${row.unit}${versus(row)}`);
  return result;
}

export const readResult = (name) => JSON.parse(readFileSync(`${RESULTS}${name}.json`, 'utf8'));

export function figure(value) {
  if (value === null) return '-';
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

function versus({ reference, ratio, aim }) {
  if (reference === null || ratio === null) return '';
  return ` (reference ${figure(reference)}, ratio ${ratio.toFixed(2)}${aim && `, aim ${aim}`})`;
}
