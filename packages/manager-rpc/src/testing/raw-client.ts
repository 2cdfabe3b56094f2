import { Buffer } from 'node:buffer';
import { withDeadline } from '@bai/core';
import { Dealer } from 'zeromq';

/** A DEALER that sends and receives frames as they are. */
export class RawClient implements Disposable {
  readonly #socket = new Dealer({ linger: 0, sendTimeout: 0 });

  constructor(address: string) {
    this.#socket.connect(address);
  }

  send(frames: readonly (Buffer | string)[]): Promise<void> {
    return this.#socket.send([...frames]);
  }

  receive(timeoutMs = 5000): Promise<Buffer[]> {
    return withDeadline('a reply', timeoutMs, undefined, () => this.#socket.receive());
  }

  async ask(frames: readonly (Buffer | string)[]): Promise<Buffer[]> {
    await this.send(frames);
    return this.receive();
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** G3's `ping("ping")` as managers send it. */
export function pingFrames(seq = 0): readonly Buffer[] {
  const header = Buffer.from('85a47479706501a46d657468a470696e67a46f6b6579c400a373657100a37a6970c2', 'hex');
  header[header.indexOf('seq') + 3] = seq;
  const body = Buffer.from('82a46d657461c400a4626f6479c41482a46172677391a470696e67a66b776172677380', 'hex');
  return [Buffer.from('UPPER'), header, body];
}

/** The answer to {@link pingFrames}. */
export function pongReply(seq = 0): readonly Buffer[] {
  const [upper = Buffer.alloc(0), header = Buffer.alloc(0)] = pingFrames(seq);
  const result = Buffer.from(header);
  result[6] = 2;
  return [upper, result, Buffer.from('82a46d657461c40190a4626f6479c405a470696e67', 'hex')];
}
