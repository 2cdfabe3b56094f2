import { Pull, Push } from 'zeromq';

export type Frame = Uint8Array | string;

export interface ConnectionOptions {
  readonly input: string;
  readonly output: string;
  readonly messageBytes: number;
  readonly onMessage: (frames: readonly Buffer[]) => void;
  /** The stream from the runner was cut and has come back: messages may be missing. */
  readonly onReconnect: () => void;
  /** A socket of this side doesn't work any more. */
  readonly onBroken: (cause: unknown) => void;
}

/** Messages that wait for a runner that doesn't take them, on top of zeromq's own 1000. */
const QUEUE_LIMIT = 1024;
const LINGER_MS = 50;
/** A runner that has just started is found soon. */
const RECONNECT = { reconnectInterval: 20, reconnectMaxInterval: 1_000 };

/** The agent's two sockets of one kernel: PUSH to the runner's input, PULL from its output. @see spec/03 §5.1 */
export class Connection implements AsyncDisposable {
  readonly #options: ConnectionOptions;
  readonly #push: Push;
  readonly #pull: Pull;
  readonly #queue: Frame[][] = [];
  readonly #receiving: Promise<void>;
  #sending = false;
  #connects = 0;
  #gate: Promise<void> | undefined;
  #openGate: () => void = () => {};

  constructor(options: ConnectionOptions) {
    const { input, output, messageBytes } = options;
    this.#options = options;
    this.#push = new Push({ linger: LINGER_MS, ...RECONNECT });
    this.#pull = new Pull({ linger: LINGER_MS, maxMessageSize: messageBytes, ...RECONNECT });
    this.#pull.events.on('connect', () => {
      this.#connects += 1;
      if (this.#connects > 1) options.onReconnect();
    });
    this.#push.connect(input);
    this.#pull.connect(output);
    this.#receiving = this.#receive();
  }

  /** Sends without waiting; false when the runner takes nothing and no more can wait. */
  send(...frames: Frame[]): boolean {
    if (this.#queue.length >= QUEUE_LIMIT) return false;
    this.#queue.push(frames);
    if (!this.#sending) void this.#drain();
    return true;
  }

  /** Stops reading; the runner blocks once zeromq's buffers are full. */
  pause(): void {
    this.#gate ??= new Promise((resolve) => {
      this.#openGate = resolve;
    });
  }

  resume(): void {
    this.#gate = undefined;
    this.#openGate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#queue.length = 0;
    this.#push.close();
    this.#pull.close();
    this.resume();
    await this.#receiving;
  }

  async #drain(): Promise<void> {
    this.#sending = true;
    try {
      for (let frames = this.#queue.shift(); frames !== undefined && !this.#push.closed; frames = this.#queue.shift()) {
        await this.#push.send(frames);
      }
    } catch (error) {
      if (!this.#push.closed) this.#options.onBroken(error);
    } finally {
      this.#sending = false;
    }
  }

  async #receive(): Promise<void> {
    try {
      while (!this.#pull.closed) {
        if (this.#gate !== undefined) await this.#gate;
        this.#options.onMessage(await this.#pull.receive());
      }
    } catch (error) {
      if (!this.#pull.closed) this.#options.onBroken(error);
    }
  }
}
