// Prints a greeting and where it runs.
//     bai-agent run examples/hello.js
const os = require('node:os');

console.log(`Hello from Node.js ${process.version}`);
console.log(`process ${process.pid} on ${os.hostname()}, in ${process.cwd()}`);
console.error('this line goes to the standard error');
