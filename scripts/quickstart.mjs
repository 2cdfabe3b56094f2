// The first command of the README: builds, then lets the agent show itself.
import { runAgent } from './agent.mjs';
import { main } from './steps.mjs';

await main(() => runAgent(['quickstart', ...process.argv.slice(2)], { showBuild: true }));
