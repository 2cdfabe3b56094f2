// The runner's program inside Node.js (14 or newer). Descriptors: 3 brings commands, 4 takes events, 5 brings answers to questions. A
// command is a word, a blank and base64; an event is a line of JSON.
//
// Code is evaluated by V8's own REPL mode, through an in-process inspector session: `await` at the top level, and `const` and `let` that
// persist and may be declared again.
'use strict';

const fs = require('node:fs');
const inspector = require('node:inspector');
const { createRequire } = require('node:module');
const net = require('node:net');
const path = require('node:path');
const { Writable } = require('node:stream');
const timers = require('node:timers');
const { pathToFileURL } = require('node:url');
const util = require('node:util');
const vm = require('node:vm');

const INTERRUPTED = 130;
/** Node.js's own exit code for a top-level await that never ends. */
const NEVER_SETTLED = 13;
const GO = Symbol.for('bai.go');

const session = new inspector.Session();
session.connect();
const commands = new net.Socket({ fd: 3, readable: true, writable: false });

/** The run at work: `{ settled, isExpression }`. */
let active;
let count = 0;

function send(event) {
  writeAll(4, Buffer.from(`${JSON.stringify(event)}\n`));
}

function writeAll(fd, bytes) {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += fs.writeSync(fd, bytes, done);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      // A child that inherited the descriptor made it non-blocking.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/**
 * stdout and stderr write at once and keep no books: an interrupt stops JavaScript anywhere, also inside of a stream, and what that had
 * half noted would hold up all later output.
 */
function directStream(name, fd) {
  const write = (chunk, encoding, callback) => {
    const done = typeof encoding === 'function' ? encoding : callback;
    let failure = null;
    try {
      writeAll(fd, typeof chunk === 'string' ? Buffer.from(chunk, done === encoding ? 'utf8' : encoding) : chunk);
    } catch (error) {
      // User code closed it: then nobody wants to read it.
      failure = error;
    }
    if (typeof done === 'function') process.nextTick(done, failure);
    return true;
  };
  const stream = new Writable();
  Object.assign(stream, { fd, write, _type: 'pipe', _isStdio: true });
  Object.defineProperty(process, name, { value: stream, configurable: true, enumerable: true, writable: true });
}

directStream('stdout', 1);
directStream('stderr', 2);

function run(code) {
  const current = { settled: false, isExpression: isExpression(code) };
  active = current;
  count += 1;
  const expression = current.isExpression && code.trimStart().startsWith('{') ? `(${code}\n)` : code;
  const params = {
    expression: `${withImports(expression)}\n//# sourceURL=run-${count}.js`,
    replMode: true,
    awaitPromise: true,
    objectGroup: 'run',
  };
  globalThis[GO] = () => {
    send({ event: 'started' });
    session.post('Runtime.evaluate', params, (error, reply) => settle(current, error, reply));
  };
  commands.unref();
  try {
    vm.runInThisContext('globalThis[Symbol.for("bai.go")]()', { breakOnSigint: true });
  } catch (error) {
    if (error.code !== 'ERR_SCRIPT_EXECUTION_INTERRUPTED') throw error;
    interrupted();
  }
}

/** The code itself is over; what it left in the event loop goes on. */
function settle(current, error, reply) {
  if (current !== active) return;
  current.settled = true;
  if (error !== null) fail(error);
  else if (reply.exceptionDetails !== undefined) fail(thrown(reply.exceptionDetails));
  else if (current.isExpression && reply.result.type !== 'undefined') print(localValue(reply.result));
}

function finish(exitCode) {
  active = undefined;
  session.post('Runtime.releaseObjectGroup', { objectGroup: 'run' });
  commands.ref();
  send({ event: 'done', code: exitCode, run: count });
}

/** Ends the run as Node.js would end the process: what it left in the event loop won't happen. */
function abandon(exitCode) {
  for (const reference of pendingTimers) {
    timers.clearTimeout(reference.deref());
    timers.clearImmediate(reference.deref());
  }
  pendingTimers.clear();
  for (const handle of process._getActiveHandles()) {
    if (handle !== commands && typeof handle.unref === 'function') handle.unref();
  }
  finish(exitCode);
}

function fail(error) {
  if (active === undefined) return;
  process.stderr.write(`${describe(error)}\n`);
  abandon(1);
}

function interrupted() {
  if (active !== undefined) abandon(INTERRUPTED);
}

// A signal stops what runs at this moment, through vm. What waits in the event loop is ended by the command that comes with the signal:
// this handler could be called as late as in the next run.
process.on('SIGINT', () => {});
process.on('uncaughtException', fail);
process.on('beforeExit', () => {
  if (active === undefined) return;
  if (active.settled) {
    finish(0);
    return;
  }
  process.stderr.write('Warning: the code waits for a promise that nothing can settle any more\n');
  finish(NEVER_SETTLED);
});

commands.on('end', () => process.exit(0));
let rest = '';
commands.setEncoding('latin1');
commands.on('data', (chunk) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  for (const line of lines) command(line);
});

function command(line) {
  const [word, argument] = line.split(' ');
  const text = Buffer.from(argument, 'base64').toString('utf8');
  if (word === 'run') run(text);
  else if (word === 'complete') complete(text);
  else if (word === 'interrupt' && Number(argument) === count) interrupted();
}

// --- values and errors ---------------------------------------------------------------------------------------------------------------

/** Brings a value of the inspector's back into this program. */
function localValue(remote) {
  if (remote.objectId === undefined) {
    return remote.unserializableValue === undefined ? remote.value : vm.runInThisContext(remote.unserializableValue);
  }
  let value;
  globalThis[GO] = (it) => {
    value = it;
  };
  const functionDeclaration = 'function () { globalThis[Symbol.for("bai.go")](this) }';
  session.post('Runtime.callFunctionOn', { objectId: remote.objectId, functionDeclaration });
  return value;
}

function thrown(details) {
  const error = details.exception === undefined ? new Error(details.text) : localValue(details.exception);
  const place = `\n    at run-${count}.js:${details.lineNumber + 1}:${details.columnNumber + 1}`;
  if (error instanceof SyntaxError && !/ at run-/.test(error.stack)) error.stack = ownless(error.stack) + place;
  return error;
}

function describe(error) {
  if (error instanceof Error && typeof error.stack === 'string') error.stack = ownless(error.stack);
  return `Uncaught ${util.inspect(error)}`;
}

/** A stack without the frames of this program, which come last. */
function ownless(stack) {
  const own = stack.search(/\n {4}at (Session\.post|.*node:inspector|.*interpreters.nodejs\.cjs)/);
  return own < 0 ? stack : stack.slice(0, own);
}

function print(value) {
  process.stdout.write(util.inspect(value));
}

/** Only a whole expression has a value to show; a program prints what it wants to. */
function isExpression(code) {
  const bare = code.replace(/;\s*$/, '');
  const parses = (text) => {
    try {
      new vm.Script(text);
      return true;
    } catch {
      return false;
    }
  };
  return parses(`(${bare}\n)`) || parses(`(async () => (${bare}\n))`);
}

// --- what code finds -----------------------------------------------------------------------------------------------------------------

function define(name, value) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

const moduleRequire = createRequire(path.join(process.cwd(), 'run.js'));
define('require', moduleRequire);
define('module', { exports: {}, require: moduleRequire });
define('exports', {});

/** Asks a question and waits for the answer. */
define('input', (prompt = '') => {
  process.stdout.write(String(prompt));
  send({ event: 'input', password: false });
  return Buffer.from(readLine(5), 'base64').toString('utf8');
});

function readLine(fd) {
  const byte = Buffer.alloc(1);
  let line = '';
  while (fs.readSync(fd, byte) === 1 && byte[0] !== 0x0a) line += byte.toString('latin1');
  return line;
}

/** V8's REPL mode can't do `import()`: it's made a call of this. */
define('__baiImport', makeImport());

function makeImport() {
  const loader = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  const importModuleDynamically = loader || ((name) => import(resolveForImport(name)));
  const filename = path.join(process.cwd(), 'run.js');
  const load = new vm.Script('(name) => import(name)', { filename, importModuleDynamically }).runInThisContext();
  return (name) => {
    // Node.js warns at the first use that the way to its own loader is experimental.
    const { emitWarning } = process;
    process.emitWarning = () => {};
    try {
      return load(name);
    } finally {
      process.emitWarning = emitWarning;
    }
  };
}

function resolveForImport(name) {
  if (/^\.{0,2}\//.test(name)) return pathToFileURL(path.resolve(name)).href;
  try {
    const found = moduleRequire.resolve(name);
    return path.isAbsolute(found) ? pathToFileURL(found).href : found;
  } catch {
    return name;
  }
}

/** Replaces `import(` outside of strings and comments. */
function withImports(code) {
  if (!/\bimport\s*\(/.test(code)) return code;
  const tokens =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`|[\w$.]*import(?=\s*\()/g;
  return code.replace(tokens, (token) => (token === 'import' ? '__baiImport' : token));
}

/** Timers of user code, to be cancelled when a run is abandoned. */
const pendingTimers = new Set();
const forgotten = new FinalizationRegistry((reference) => pendingTimers.delete(reference));
for (const name of ['setTimeout', 'setInterval', 'setImmediate']) {
  const original = timers[name];
  const tracked = (...args) => {
    const timer = original(...args);
    const reference = new WeakRef(timer);
    pendingTimers.add(reference);
    forgotten.register(timer, reference);
    return timer;
  };
  Object.defineProperties(tracked, Object.getOwnPropertyDescriptors(original));
  timers[name] = tracked;
  globalThis[name] = tracked;
}

// --- completion ----------------------------------------------------------------------------------------------------------------------

function complete(prefix) {
  const [word] = /[\w$.]*$/.exec(prefix);
  const dot = word.lastIndexOf('.');
  const start = word.slice(dot + 1);
  const names = dot < 0 ? globalNames() : propertyNames(word.slice(0, dot));
  const matches = [...new Set(names)].filter((name) => name.startsWith(start)).sort();
  send({ event: 'completion', matches: matches.map((name) => word.slice(0, dot + 1) + name) });
}

function globalNames() {
  let lexical = [];
  session.post('Runtime.globalLexicalScopeNames', {}, (error, reply) => {
    if (error === null) lexical = reply.names;
  });
  return [...lexical, ...namesOf(globalThis)];
}

function propertyNames(expression) {
  let names = [];
  const params = { expression, throwOnSideEffect: true, objectGroup: 'run' };
  session.post('Runtime.evaluate', params, (error, reply) => {
    if (error !== null || reply.exceptionDetails !== undefined) return;
    const value = localValue(reply.result);
    if (value !== undefined && value !== null) names = namesOf(Object(value));
  });
  return names;
}

function namesOf(object) {
  const names = [];
  for (let it = object; it !== null; it = Object.getPrototypeOf(it)) names.push(...Object.getOwnPropertyNames(it));
  return names.filter((name) => /^[\w$]+$/.test(name));
}

send({ event: 'ready', kind: 'nodejs' });
