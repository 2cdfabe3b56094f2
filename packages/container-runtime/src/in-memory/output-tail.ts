/** The newest part of what a program printed, within a bound. */
export class OutputTail {
  readonly #limitBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  append(data: Uint8Array): void {
    this.#parts.push(data.slice(-this.#limitBytes));
    this.#bytes += this.#parts.at(-1)?.length ?? 0;
    for (let first = this.#parts[0]; first !== undefined; first = this.#parts[0]) {
      if (this.#bytes - first.length < this.#limitBytes) return;
      this.#parts.shift();
      this.#bytes -= first.length;
    }
  }

  read(maxBytes: number): Uint8Array {
    const all = Buffer.concat(this.#parts);
    return all.subarray(Math.max(0, all.length - Math.min(maxBytes, this.#limitBytes)));
  }
}
