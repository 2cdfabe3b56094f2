/** A place in a text; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Dotted path of a key, with the index of an element of an array: `agents.0.agent.id`. */
export const pathKey = (path: readonly (string | number)[]): string => path.map(String).join('\u0000');

/**
 * Finds where each key of a TOML document stands. The document must have been parsed without errors: this only looks for
 * keys, by the few rules that tell them from values.
 */
export function keyPositions(text: string): ReadonlyMap<string, Position> {
  return new PositionScanner(text).scan();
}

type Path = readonly (string | number)[];

class PositionScanner {
  readonly #text: string;
  readonly #lineStarts: readonly number[];
  readonly #found = new Map<string, Position>();
  /** How many elements each array of tables has so far. */
  readonly #elements = new Map<string, number>();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#lineStarts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
  }

  scan(): ReadonlyMap<string, Position> {
    let table: Path = [];
    if (this.#text.startsWith('\uFEFF')) this.#at = 1;
    for (this.#skipVoid(); this.#at < this.#text.length; this.#skipVoid()) {
      if (this.#peek() === '[') table = this.#header();
      else this.#keyValue(table);
    }
    return this.#found;
  }

  /** `[a.b]` or `[[a.b]]`; answers with the path that the following keys are in. */
  #header(): Path {
    const isArray = this.#text.startsWith('[[', this.#at);
    this.#at += isArray ? 2 : 1;
    this.#skipBlanks();
    const start = this.#at;
    const names = this.#keyNames();
    this.#skipBlanks();
    this.#at += isArray ? 2 : 1;
    let path: Path = [];
    for (const [index, name] of names.entries()) {
      path = [...path, name];
      this.#note(path, start);
      const elements = this.#elements.get(pathKey(path));
      if (isArray && index === names.length - 1) {
        this.#elements.set(pathKey(path), (elements ?? 0) + 1);
        path = [...path, elements ?? 0];
        this.#note(path, start);
      } else if (elements !== undefined) path = [...path, elements - 1];
    }
    return path;
  }

  #keyValue(table: Path): void {
    const start = this.#at;
    const names = this.#keyNames();
    for (let length = 1; length <= names.length; length += 1) this.#note([...table, ...names.slice(0, length)], start);
    this.#skipBlanks();
    this.#at += 1; // the equals sign
    this.#skipBlanks();
    this.#value([...table, ...names]);
  }

  #value(path: Path): void {
    const next = this.#peek();
    if (next === '"' || next === "'") this.#string();
    else if (next === '[') this.#items(']', (index) => this.#value([...path, index]));
    else if (next === '{') this.#items('}', () => this.#keyValue(path));
    else this.#at = this.#indexOf(/[,\]}\s#]/g);
  }

  /** What stands between the brackets at this place, item by item. */
  #items(close: string, item: (index: number) => void): void {
    this.#at += 1;
    for (let index = 0; ; index += 1) {
      this.#skipVoid();
      if (this.#peek() === ',') {
        this.#at += 1;
        this.#skipVoid();
      }
      if (this.#peek() === close || this.#peek() === '') break;
      item(index);
    }
    this.#at += 1;
  }

  #keyNames(): string[] {
    const names: string[] = [];
    for (;;) {
      this.#skipBlanks();
      names.push(this.#keyName());
      this.#skipBlanks();
      if (this.#peek() !== '.') return names;
      this.#at += 1;
    }
  }

  #keyName(): string {
    if (this.#peek() === '"' || this.#peek() === "'") return this.#string();
    const start = this.#at;
    this.#at = this.#indexOf(/[^A-Za-z0-9_-]/g);
    return this.#text.slice(start, this.#at);
  }

  /** A string in any of the four ways; answers with its content, in which escapes are only undone where a key could have them. */
  #string(): string {
    const quote = this.#peek();
    const isLong = this.#text.startsWith(quote.repeat(3), this.#at);
    const fence = isLong ? quote.repeat(3) : quote;
    const start = this.#at + fence.length;
    let end = start;
    while (end < this.#text.length && !this.#text.startsWith(fence, end)) {
      end += quote === '"' && this.#text[end] === '\\' ? 2 : 1;
    }
    // Up to two quotes may stand right before the closing three.
    while (isLong && this.#text[end + 3] === quote) end += 1;
    this.#at = end + fence.length;
    return undoEscapes(this.#text.slice(start, end), quote);
  }

  #note(path: Path, offset: number): void {
    if (!this.#found.has(pathKey(path))) this.#found.set(pathKey(path), this.#position(offset));
  }

  #position(offset: number): Position {
    const line = this.#lineStarts.findLastIndex((start) => start <= offset);
    return { line: line + 1, column: offset - (this.#lineStarts[line] ?? 0) + 1 };
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #skipBlanks(): void {
    this.#at = this.#indexOf(/[^ \t]/g);
  }

  /** Blanks, ends of lines and comments. */
  #skipVoid(): void {
    for (;;) {
      this.#at = this.#indexOf(/\S/g);
      if (this.#peek() !== '#') return;
      this.#at = this.#indexOf(/\n/g);
    }
  }

  #indexOf(pattern: RegExp): number {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.index ?? this.#text.length;
  }
}

function undoEscapes(text: string, quote: string): string {
  if (quote === "'" || !text.includes('\\')) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}
