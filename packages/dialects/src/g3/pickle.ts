import { Buffer } from 'node:buffer';
import { malformed } from '../errors.js';

/** A name that a pickle mentions. Nothing is looked up or called. */
export class PickleGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
}

/** `callable(*args)` as a note: what `REDUCE` or `NEWOBJ` would have run, and the state that `BUILD` would have set. */
export class PickleCall {
  state: PickleValue | undefined;
  constructor(
    readonly callee: PickleGlobal,
    readonly args: readonly PickleValue[],
    /** True for `NEWOBJ` (an object made without its constructor's work), false for `REDUCE`. */
    readonly isObject: boolean,
  ) {}
}

export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleGlobal
  | PickleCall
  | PickleTuple
  | PickleValue[]
  | Map<PickleValue, PickleValue>;

export interface PickleLimits {
  /** Default 64 KiB: real payloads have a few hundred bytes. */
  readonly maxBytes?: number;
  /** Default 4096. */
  readonly maxSteps?: number;
}

const STOP = 0x2e;
const MARK = Symbol('mark');
type StackItem = PickleValue | typeof MARK;

/**
 * Reads a pickle as data: a small stack machine for exactly the operations that G3 managers' payloads have. Calls become
 * {@link PickleCall} notes, names become {@link PickleGlobal} notes; nothing is imported or run. Which names are acceptable is
 * for the reader of the notes to say (`ext-values.ts`).
 *
 * @throws {DialectError} `RPC_MALFORMED` for any other operation, and for everything that doesn't add up.
 * @see spec/01 §4.2, spec/02 §2.3
 */
export function readPickle(data: Uint8Array, limits: PickleLimits = {}): PickleValue {
  const maxBytes = limits.maxBytes ?? 64 * 1024;
  if (data.length > maxBytes) throw malformed(`a pickle of ${data.length} bytes, more than ${maxBytes}`);
  return new PickleMachine(data, limits.maxSteps ?? 4096).run();
}

class PickleMachine {
  /** All that is allowed. @see spec/01 §4.2, spec/02 §2.3 */
  static readonly #operations: ReadonlyMap<number, (machine: PickleMachine) => void> = new Map([
    [0x80, (machine) => machine.#protocol()],
    // FRAME: only a hint for streams
    [0x95, (machine) => void machine.#take(8)],
    // MEMOIZE, BINGET, LONG_BINGET
    [0x94, (machine) => machine.#memo.push(machine.#peek())],
    [0x68, (machine) => machine.#push(machine.#recall(machine.#byte()))],
    [0x6a, (machine) => machine.#push(machine.#recall(machine.#bytes.readUInt32LE(machine.#take(4))))],
    // MARK
    [0x28, (machine) => machine.#stack.push(MARK)],
    // SHORT_BINUNICODE, BINUNICODE
    [0x8c, (machine) => machine.#push(machine.#text(machine.#byte()))],
    [0x58, (machine) => machine.#push(machine.#text(machine.#bytes.readUInt32LE(machine.#take(4))))],
    // NONE, NEWTRUE, NEWFALSE
    [0x4e, (machine) => machine.#push(null)],
    [0x88, (machine) => machine.#push(true)],
    [0x89, (machine) => machine.#push(false)],
    // BININT1, BININT2, BININT, LONG1
    [0x4b, (machine) => machine.#push(machine.#byte())],
    [0x4d, (machine) => machine.#push(machine.#bytes.readUInt16LE(machine.#take(2)))],
    [0x4a, (machine) => machine.#push(machine.#bytes.readInt32LE(machine.#take(4)))],
    [0x8a, (machine) => machine.#push(machine.#long(machine.#byte()))],
    // EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3
    [0x29, (machine) => machine.#push(new PickleTuple([]))],
    [0x85, (machine) => machine.#push(new PickleTuple(machine.#popMany(1)))],
    [0x86, (machine) => machine.#push(new PickleTuple(machine.#popMany(2)))],
    [0x87, (machine) => machine.#push(new PickleTuple(machine.#popMany(3)))],
    // EMPTY_LIST, APPEND, APPENDS
    [0x5d, (machine) => machine.#push([])],
    [0x61, (machine) => machine.#append(machine.#popMany(1))],
    [0x65, (machine) => machine.#append(machine.#popToMark())],
    // EMPTY_DICT, SETITEM, SETITEMS
    [0x7d, (machine) => machine.#push(new Map())],
    [0x73, (machine) => machine.#setItems(machine.#popMany(2))],
    [0x75, (machine) => machine.#setItems(machine.#popToMark())],
    // STACK_GLOBAL, REDUCE, NEWOBJ, BUILD
    [0x93, (machine) => machine.#global()],
    [0x52, (machine) => machine.#call(false)],
    [0x81, (machine) => machine.#call(true)],
    [0x62, (machine) => machine.#build()],
  ]);

  readonly #bytes: Buffer;
  readonly #maxSteps: number;
  readonly #stack: StackItem[] = [];
  readonly #memo: PickleValue[] = [];
  #at = 0;

  constructor(data: Uint8Array, maxSteps: number) {
    this.#bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.#maxSteps = maxSteps;
  }

  run(): PickleValue {
    for (let step = 0; step < this.#maxSteps; step += 1) {
      const opcode = this.#byte();
      if (opcode === STOP) return this.#result();
      const operation = PickleMachine.#operations.get(opcode);
      if (operation === undefined) throw malformed(`pickle operation 0x${opcode.toString(16)} is not allowed`);
      operation(this);
    }
    throw malformed(`a pickle of more than ${this.#maxSteps} operations`);
  }

  #result(): PickleValue {
    const value = this.#pop();
    if (this.#stack.length > 0 || this.#at !== this.#bytes.length) throw malformed('a pickle with something left over');
    return value;
  }

  #protocol(): void {
    const protocol = this.#byte();
    if (protocol > 5) throw malformed(`pickle protocol ${protocol} is unknown`);
  }

  #global(): void {
    const [module, name] = this.#popMany(2);
    if (typeof module !== 'string' || typeof name !== 'string') throw malformed('a pickled name that is not text');
    this.#push(new PickleGlobal(module, name));
  }

  #call(isObject: boolean): void {
    const [callee, args] = this.#popMany(2);
    if (!(callee instanceof PickleGlobal) || !(args instanceof PickleTuple))
      throw malformed('a pickled call of something that is not a name');
    this.#push(new PickleCall(callee, args.items, isObject));
  }

  #build(): void {
    const state = this.#pop();
    const target = this.#peek();
    if (!(target instanceof PickleCall) || target.state !== undefined)
      throw malformed('pickled state without an object');
    target.state = state;
  }

  #append(items: PickleValue[]): void {
    const target = this.#peek();
    if (!Array.isArray(target)) throw malformed('pickled list items without a list');
    target.push(...items);
  }

  #setItems(items: PickleValue[]): void {
    const target = this.#peek();
    if (!(target instanceof Map) || items.length % 2 !== 0) throw malformed('pickled entries without a dict');
    for (let index = 0; index < items.length; index += 2) target.set(items[index] ?? null, items[index + 1] ?? null);
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw malformed('a pickle that takes more than it has');
    return value;
  }

  #peek(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw malformed('a pickle that takes more than it has');
    return value;
  }

  #popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popToMark(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw malformed('a pickle that takes more than it has');
    const items = this.#stack.splice(mark).slice(1);
    return items.filter((item) => item !== MARK);
  }

  #recall(index: number): PickleValue {
    const value = this.#memo[index];
    if (value === undefined) throw malformed('a pickle that refers to what it has not');
    return value;
  }

  #take(count: number): number {
    const start = this.#at;
    if (start + count > this.#bytes.length) throw malformed('a pickle that ends too early');
    this.#at = start + count;
    return start;
  }

  #byte(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  #text(length: number): string {
    const start = this.#take(length);
    return decodeUtf8(this.#bytes.subarray(start, start + length));
  }

  /** A little-endian two's complement integer of any length. */
  #long(length: number): number | bigint {
    const start = this.#take(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index -= 1) {
      value = (value << 8n) | BigInt(this.#bytes[start + index] ?? 0);
    }
    const signed = BigInt.asIntN(length * 8, value);
    const number = Number(signed);
    return Number.isSafeInteger(number) ? number : signed;
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (error) {
    throw malformed('text that is not valid UTF-8', { cause: error });
  }
}
