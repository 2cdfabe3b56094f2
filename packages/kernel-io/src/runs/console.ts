import type { ConsoleItem } from '@bai/agent-api';
import { decodeMedia } from '@bai/kernel-protocol';
import type { LogRecord } from './log-record.js';
import { Utf8Stream } from './utf8-stream.js';

/** Collects the console of one answer: text of the same kind that follows each other becomes one item. */
export class ConsoleBuilder {
  readonly #items: ConsoleItem[] = [];
  #type: 'stdout' | 'stderr' = 'stdout';
  #text = '';

  addOutput(type: 'stdout' | 'stderr', text: string): void {
    if (text === '') return;
    if (type !== this.#type) this.#flush();
    this.#type = type;
    this.#text += text;
  }

  addText(type: 'html' | 'log', text: string): void {
    this.#flush();
    this.#items.push({ type, text });
  }

  addMedia(payload: Buffer): void {
    const media = decodeMedia(payload);
    this.#flush();
    if (media.kind === 'html') this.#items.push({ type: 'html', text: media.html });
    else this.#items.push({ type: 'media', mime: media.mime, data: media.data });
  }

  build(): readonly ConsoleItem[] {
    this.#flush();
    return this.#items;
  }

  #flush(): void {
    if (this.#text !== '') this.#items.push({ type: this.#type, text: this.#text });
    this.#text = '';
  }
}

/** The two texts of a run, decoded up to some record. */
export class RunText {
  #stdout = new Utf8Stream();
  #stderr = new Utf8Stream();

  /** Cursor from which the log is needed to continue an unfinished character; Infinity when none is. */
  get since(): number {
    return Math.min(this.#stdout.since, this.#stderr.since);
  }

  /** Decodes a record into the console; without one, only moves on. */
  read(record: LogRecord, console?: ConsoleBuilder): void {
    const { opcode, payload } = record;
    if (opcode === 'stdout' || opcode === 'stderr') {
      const stream = opcode === 'stdout' ? this.#stdout : this.#stderr;
      const text = stream.write(payload, record.start);
      console?.addOutput(opcode, text);
    } else if (opcode === 'build-finished' || opcode === 'finished') {
      const [stdout, stderr] = [this.#stdout.end(), this.#stderr.end()];
      console?.addOutput('stdout', stdout);
      console?.addOutput('stderr', stderr);
    } else if (console !== undefined) {
      if (opcode === 'media') console.addMedia(payload);
      else if (opcode === 'html' || opcode === 'log') console.addText(opcode, payload.toString('utf8'));
    }
  }

  copy(): RunText {
    const copy = new RunText();
    copy.#stdout = this.#stdout.copy();
    copy.#stderr = this.#stderr.copy();
    return copy;
  }
}
