// `pnpm bench [NAME...]`: builds, runs the benchmarks one after another, and writes their figures into RESULTS.md.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from '../scripts/build.mjs';
import { main, runShown, StepError } from '../scripts/steps.mjs';
import { figure, readResult } from './harness.mjs';

const BENCHMARKS = ['rpc-ping', 'execute'];
const PAGE = fileURLToPath(new URL('./RESULTS.md', import.meta.url));
const [BEGIN, END] = ['<!-- generated: begin -->', '<!-- generated: end -->'];

await main(async () => {
  await build();
  const names = process.argv.slice(2).filter((name) => name !== '--');
  for (const name of names.length > 0 ? names : BENCHMARKS) await runBenchmark(name);
  writePage();
});

async function runBenchmark(name) {
  if (!BENCHMARKS.includes(name)) throw new StepError(`no benchmark ${name}: there are ${BENCHMARKS.join(', ')}`);
  console.log(`\nbench: ${name}`);
  const code = await runShown(process.execPath, [fileURLToPath(new URL(`./${name}.mjs`, import.meta.url))]);
  if (code !== 0) throw new StepError(`${name} ended with exit code ${code}`);
}

/** Replaces the part between the marks by the figures of all benchmarks that have some. */
function writePage() {
  const measured = readdirSync(new URL('./results/', import.meta.url)).map((file) => file.replace('.json', ''));
  const tables = BENCHMARKS.filter((name) => measured.includes(name)).map((name) => table(readResult(name)));
  const [before] = readFileSync(PAGE, 'utf8').split(BEGIN);
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${tables.join('\n')}\n${END}\n`);
}

function table({ name, date, machine, rows }) {
  const lines = rows.map(({ what, unit, ours, reference, ratio, aim, note }) => {
    const cells = [what, `${figure(ours)} ${unit}`, reference === null ? '-' : `${figure(reference)} ${unit}`];
    return `| ${[...cells, ratio === null ? '-' : ratio.toFixed(2), aim || '-', note].join(' | ')} |`;
  });
  const head = '| What | Ours | Reference | Ratio | Aim | Note |\n|---|---|---|---|---|---|';
  return `## ${name}\n\n${date}, ${machine}\n\n${head}\n${lines.join('\n')}\n`;
}
