// An agent inside your own program: no server, no configuration, and nothing is left behind.
//     npm install @bai/agent-runtime; node --import tsx examples/embed.ts
import { createKernel, startAgent } from '@bai/agent-runtime';

await using agent = await startAgent();
await using kernel = await createKernel(agent, { image: 'host/python', mem: '512m' });
for await (const event of kernel.run('name = input("Who? ")\nprint("Hello", name)', { onInput: async () => 'world' })) {
  if (event.type === 'stdout') process.stdout.write(event.text);
  if (event.type === 'finished') process.exitCode = event.exitCode ?? 1;
}
