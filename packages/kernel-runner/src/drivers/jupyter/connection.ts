import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dealer, Subscriber } from 'zeromq';

const CHANNELS = ['shell', 'iopub', 'stdin', 'control', 'hb'] as const;
/** The runner reads IOPub as fast as it can; this is for the bursts between. */
const IOPUB_MESSAGES = 100_000;

/** The sockets to one ipykernel, over UNIX sockets in a private folder. */
export class JupyterConnection implements Disposable {
  /** What the kernel reads at its start. */
  readonly file: string;
  readonly key = randomBytes(32).toString('hex');
  readonly shell: Dealer;
  readonly stdin: Dealer;
  readonly iopub: Subscriber;
  readonly #directory = mkdtempSync(join(tmpdir(), 'bai-ipy-'));
  readonly #removeDirectory = () => rmSync(this.#directory, { recursive: true, force: true });

  constructor() {
    process.once('exit', this.#removeDirectory);
    this.file = join(this.#directory, 'kernel.json');
    const ports = Object.fromEntries(CHANNELS.map((name, index) => [`${name}_port`, index + 1]));
    const ip = join(this.#directory, 'ipc');
    const info = { transport: 'ipc', ip, key: this.key, signature_scheme: 'hmac-sha256', kernel_name: '', ...ports };
    writeFileSync(this.file, JSON.stringify(info), { mode: 0o600 });
    // The kernel addresses its questions on stdin to the identity that asked on shell.
    const routingId = randomBytes(8).toString('hex');
    const common = { linger: 0, reconnectInterval: 10, sendHighWaterMark: 0 };
    this.shell = new Dealer({ ...common, routingId });
    this.stdin = new Dealer({ ...common, routingId });
    this.iopub = new Subscriber({ linger: 0, reconnectInterval: 10, receiveHighWaterMark: IOPUB_MESSAGES });
    this.iopub.subscribe();
    this.shell.connect(`ipc://${ip}-1`);
    this.iopub.connect(`ipc://${ip}-2`);
    this.stdin.connect(`ipc://${ip}-3`);
  }

  [Symbol.dispose](): void {
    this.shell.close();
    this.stdin.close();
    this.iopub.close();
    process.off('exit', this.#removeDirectory);
    this.#removeDirectory();
  }
}
