// The reference of execute.mjs: an ipykernel driven over its own sockets by a client that does nothing more than it must.
import { spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dealer, Subscriber } from 'zeromq';

const DELIMITER = '<IDS|MSG>';

/** Starts `python -m ipykernel_launcher` and waits until it answers. */
export async function startBareKernel(python) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-ipykernel-'));
  const connection = await writeConnection(join(folder, 'connection.json'));
  const child = spawn(python, ['-m', 'ipykernel_launcher', '-f', join(folder, 'connection.json')], {
    stdio: 'ignore',
    env: { ...process.env, IPYTHONDIR: folder, JUPYTER_RUNTIME_DIR: folder },
  });
  const kernel = new BareKernel(connection);
  await kernel.connect();
  return {
    execute: (code) => kernel.execute(code),
    async [Symbol.asyncDispose]() {
      kernel.close();
      child.kill('SIGKILL');
      await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function writeConnection(file) {
  const [shell, iopub, stdin, control, hb] = await freePorts(5);
  const connection = {
    transport: 'tcp',
    ip: '127.0.0.1',
    shell_port: shell,
    iopub_port: iopub,
    stdin_port: stdin,
    control_port: control,
    hb_port: hb,
    key: randomUUID(),
    signature_scheme: 'hmac-sha256',
  };
  writeFileSync(file, JSON.stringify(connection), { mode: 0o600 });
  return connection;
}

/** Ports of this machine on which nothing listens; held all at once, so that they differ. */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

class BareKernel {
  #connection;
  #shell = new Dealer({ linger: 0 });
  #iopub = new Subscriber({ linger: 0 });
  #waiting = new Map();

  constructor(connection) {
    this.#connection = connection;
  }

  /** Asks until a reply and its idle status come: the subscription takes effect some time after the connection. */
  async connect() {
    this.#shell.connect(`tcp://127.0.0.1:${this.#connection.shell_port}`);
    this.#iopub.connect(`tcp://127.0.0.1:${this.#connection.iopub_port}`);
    this.#iopub.subscribe();
    void this.#read(this.#shell, 'reply');
    void this.#read(this.#iopub, 'idle');
    for (;;)
      if (await Promise.race([this.execute('0').then(() => true), new Promise((r) => setTimeout(r, 2000, false))]))
        return;
  }

  /** Runs code; resolves when both the reply and the idle status that ends its output have come. */
  execute(code) {
    const id = randomUUID();
    const done = new Promise((resolve) => this.#waiting.set(id, { missing: 2, resolve }));
    const header = {
      msg_id: id,
      session: 's',
      username: 'u',
      date: '2020-01-01T00:00:00Z',
      msg_type: 'execute_request',
      version: '5.3',
    };
    const content = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    };
    const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
    void this.#shell.send([DELIMITER, this.#sign(parts), ...parts]);
    return done;
  }

  close() {
    this.#shell.close();
    this.#iopub.close();
  }

  #sign(parts) {
    const hmac = createHmac('sha256', this.#connection.key);
    for (const part of parts) hmac.update(part);
    return hmac.digest('hex');
  }

  async #read(socket, kind) {
    for await (const frames of socket) {
      const start = frames.findIndex((frame) => frame.toString() === DELIMITER) + 2;
      const [header, parent, , content] = frames.slice(start).map((frame) => JSON.parse(frame.toString()));
      const ends = kind === 'reply' ? header.msg_type === 'execute_reply' : content.execution_state === 'idle';
      if (ends) this.#count(parent.msg_id);
    }
  }

  #count(id) {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    waiting.missing -= 1;
    if (waiting.missing > 0) return;
    this.#waiting.delete(id);
    waiting.resolve();
  }
}
