// What `bai-agent quickstart` runs where there is no python3.
const { readdirSync } = await import('node:fs');
const { hostname } = await import('node:os');
const { setTimeout: sleep } = await import('node:timers/promises');

console.log(`Hello from Node.js ${process.version}`);
console.log(`I am process ${process.pid} on host ${hostname()}; my folder is ${process.cwd()}`);
const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
console.log(`of the processes on this machine I see ${processes.length}`);

let inside = 0;
for (let step = 1; step <= 5; step += 1) {
  for (let i = (step - 1) * 10_000; i < step * 10_000; i += 1) {
    const x = (i * 7919) % 10_007;
    const y = (i * i * 31) % 10_009;
    if (x * x + y * y < 10_008 ** 2) inside += 1;
  }
  console.log(`after ${step * 10_000} points, pi is about ${((4 * inside) / (step * 10_000)).toFixed(4)}`);
  await sleep(200);
}
