import { decodeRecordMeta, decodeStatus, encodeAck, encodeAttach } from '@bai/kernel-protocol';
import { describe, expect, it } from 'vitest';
import { Pull, Push } from 'zeromq';
import { ScriptedRunner } from './index.js';

/** The agent's two sockets, bare. */
class Peer implements AsyncDisposable {
  readonly #push = new Push({ linger: 0 });
  readonly #pull = new Pull({ linger: 0 });

  constructor({ input, output }: ScriptedRunner) {
    this.#push.connect(input);
    this.#pull.connect(output);
  }

  async send(...frames: (string | Uint8Array)[]): Promise<void> {
    await this.#push.send(frames);
  }

  async receive(): Promise<Buffer[]> {
    return await this.#pull.receive();
  }

  /** Opcode and payload of the next messages. */
  async next(count: number): Promise<string[]> {
    const messages: string[] = [];
    while (messages.length < count) messages.push((await this.receive()).slice(0, 2).join(' '));
    return messages;
  }

  /** The same, but no more than come soon. */
  async available(count: number): Promise<string[]> {
    const messages: string[] = [];
    this.#pull.receiveTimeout = 100;
    while (messages.length < count) {
      const frames = await this.receive().catch(() => undefined);
      if (frames === undefined) break;
      messages.push(frames.slice(0, 2).join(' '));
    }
    return messages;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#push.close();
    this.#pull.close();
  }
}

describe("ScriptedRunner on upstream's wire", () => {
  it.each([
    ['print:x', ['stdout x', 'finished {"exitCode": 0}']],
    ['exit:3', ['finished {"exitCode": 3}']],
    ['lines:2:0', ['stdout line 1\n', 'stdout line 2\n', 'finished {"exitCode": 0}']],
    ['anything else', ['finished {"exitCode": 0}']],
  ])('%s', async (code, messages) => {
    await using runner = await ScriptedRunner.open({ wire: 'upstream' });
    await using peer = new Peer(runner);
    await peer.send('code', code);
    expect(await peer.next(messages.length)).toEqual(messages);
  });

  it('asks for input, also in a batch, and runs the steps in order', async () => {
    await using runner = await ScriptedRunner.open({ wire: 'upstream' });
    await using peer = new Peer(runner);
    await peer.send('clean', '');
    await peer.send('build', 'print:b');
    await peer.send('exec', 'input');
    const messages = ['clean-finished {"exitCode": 0}', 'stdout b', 'build-finished {"exitCode": 0}', 'waiting-input '];
    expect(await peer.next(4)).toEqual(messages);
    await peer.send('input', 'Joe');
    expect(await peer.next(2)).toEqual(['stdout Joe', 'finished {"exitCode": 0}']);
  });

  it('is interrupted', async () => {
    await using runner = await ScriptedRunner.open({ wire: 'upstream' });
    await using peer = new Peer(runner);
    await peer.send('code', 'print:go');
    await peer.send('code', 'sleep');
    expect(await peer.next(2)).toHaveLength(2);
    await peer.send('interrupt', '');
    expect(await peer.next(2)).toEqual(['stderr KeyboardInterrupt\n', 'finished {"exitCode": 1}']);
  });

  it('says that it knows no extension', async () => {
    await using runner = await ScriptedRunner.open({ wire: 'upstream', suggestions: ['a'] });
    await using peer = new Peer(runner);
    await peer.send('status', '');
    const [, payload = Buffer.alloc(0)] = await peer.receive();
    expect(decodeStatus(payload).extension).toBe(0);
    await peer.send('complete', '{}');
    expect(await peer.next(1)).toEqual(['completion {"suggestions": ["a"]}']);
  });
});

describe('ScriptedRunner on our wire', () => {
  const attach = (cursor: number | null, windowBytes = 10_000) => encodeAttach({ cursor, windowBytes });
  const places = (messages: Buffer[][]) =>
    messages.map(([, , meta = Buffer.alloc(0)]) => decodeRecordMeta(meta).cursor);

  it('sends the log from where an agent wants it, and repeats tags', async () => {
    await using runner = await ScriptedRunner.open({ transport: 'tcp' });
    {
      await using peer = new Peer(runner);
      await peer.send('bai-attach', attach(null));
      await peer.receive();
      await peer.send('code', 'lines:2:0', 'R');
      const records = [await peer.receive(), await peer.receive(), await peer.receive()];
      expect(places(records)).toEqual([24, 48, 80]);
      await peer.send('complete', '{}', 'tag');
      expect(String((await peer.receive())[2])).toBe('tag');
    }
    await using peer = new Peer(runner);
    // zeromq gives some messages to the connection that was closed: then it's asked again.
    const wanted = ['stdout line 2\n', 'finished {"exitCode": 0}'];
    for (
      let messages: string[] = [];
      messages.join() !== wanted.join();
      messages = await peer.available(wanted.length)
    ) {
      await peer.send('bai-attach', attach(24));
      await peer.available(1);
    }
  });

  it('waits for acknowledgements', async () => {
    await using runner = await ScriptedRunner.open();
    await using peer = new Peer(runner);
    await peer.send('bai-attach', attach(null, 30));
    await peer.receive();
    await peer.send('code', 'lines:2:0', 'R');
    expect(await peer.next(1)).toEqual(['stdout line 1\n']);
    await peer.send('status', '');
    expect((await peer.next(1))[0]).toMatch(/^status/);
    await peer.send('bai-ack', encodeAck({ received: 24, released: 24 }));
    expect(await peer.next(1)).toEqual(['stdout line 2\n']);
    await peer.send('bai-ack', encodeAck({ received: 25, released: 24 }));
    await peer.send('status', '');
    await peer.receive();
    expect(runner.faults).toHaveLength(1);
  });

  it('marks what a full log threw away', async () => {
    await using runner = await ScriptedRunner.open({ spoolBytes: 50 });
    for (const text of ['aaa', 'bb', 'c']) await runner.emit('stdout', text, 'R');
    await using peer = new Peer(runner);
    await peer.send('bai-attach', attach(null));
    await peer.receive();
    const [opcode] = await peer.receive();
    expect(String(opcode)).toBe('bai-dropped');
    expect(await peer.next(2)).toEqual(['stdout bb', 'stdout c']);
  });

  it('is not ready before it is told', async () => {
    await using runner = await ScriptedRunner.open({ ready: false });
    await using peer = new Peer(runner);
    await peer.send('status', '');
    await peer.send('complete', '{}');
    expect(await peer.next(1)).toEqual(['completion {"suggestions": []}']);
    runner.becomeReady();
    expect((await peer.next(1))[0]).toMatch(/^status/);
  });
});
