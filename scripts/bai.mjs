// `pnpm bai ...` and `pnpm --filter agent start`: builds what is stale, then becomes the agent's command line.
import { runAgent } from './agent.mjs';
import { main } from './steps.mjs';

const [first, ...rest] = process.argv.slice(2);
await main(() => runAgent(first === '--' ? rest : process.argv.slice(2), { showBuild: false }));
