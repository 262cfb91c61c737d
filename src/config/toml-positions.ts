// Which line of a TOML document a key or value is on, which the parser does not tell. The source
// has been parsed before, so that this scan only has to find the structure (TOML 1.0), not errors.

/** Keys and array indexes from the document's root, e.g. `['databases', 2, 'host']`. */
export type TomlPath = readonly (string | number)[];

export class TomlPositions {
  readonly #lines: ReadonlyMap<string, number>;

  constructor(source: string) {
    this.#lines = new Scan(source).run();
  }

  /** 1-based line of the key, or of the closest table around it that the source writes down. */
  lineOf(path: TomlPath): number | null {
    for (let length = path.length; length > 0; length--) {
      const line = this.#lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return null;
  }
}

/** `databases[2].host`; a key that is no bare key is quoted. */
export function showPath(path: TomlPath): string {
  let shown = '';
  for (const part of path) {
    if (typeof part === 'number') shown += `[${part}]`;
    else {
      const key = /^[\w-]+$/.test(part) ? part : JSON.stringify(part);
      shown += shown === '' ? key : `.${key}`;
    }
  }
  return shown;
}

class Scan {
  readonly #source: string;
  readonly #lines = new Map<string, number>();
  /** Elements so far of each array of tables, by its path. */
  readonly #counts = new Map<string, number>();
  #at = 0;
  /** Line of `#lineAt`, which only moves forward. */
  #line = 1;
  #lineAt = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): ReadonlyMap<string, number> {
    let table: TomlPath = [];
    for (this.#skipBlank(); this.#at < this.#source.length; this.#skipBlank()) {
      const before = this.#at;
      if (this.#peek() === '[') table = this.#header();
      else this.#keyValue(table);
      if (this.#at === before) this.#at++;
    }
    return this.#lines;
  }

  /** `[a.b]` or `[[a.b]]`: the path of the table that the following keys belong to. */
  #header(): TomlPath {
    const line = this.#currentLine();
    const isArray = this.#source.startsWith('[[', this.#at);
    this.#at += isArray ? 2 : 1;
    const names = this.#dottedKey();
    while (this.#peek() === ']') this.#at++;
    const path: (string | number)[] = [];
    for (const [index, name] of names.entries()) {
      path.push(name);
      const key = JSON.stringify(path);
      const count = this.#counts.get(key) ?? 0;
      if (isArray && index === names.length - 1) {
        this.#counts.set(key, count + 1);
        this.#record(path, line);
        path.push(count);
      } else if (count > 0) path.push(count - 1);
    }
    this.#record(path, line);
    return path;
  }

  #keyValue(table: TomlPath): void {
    const line = this.#currentLine();
    const path = [...table];
    for (const name of this.#dottedKey()) {
      path.push(name);
      this.#record(path, line);
    }
    if (this.#peek() !== '=') return;
    this.#at++;
    this.#skipSpaces();
    this.#value(path);
  }

  #value(path: TomlPath): void {
    const first = this.#peek();
    if (first === '"' || first === "'") this.#string();
    else if (first === '[') this.#array(path);
    else if (first === '{') this.#inlineTable(path);
    else while (!/[,\]}#\n]|^$/.test(this.#peek())) this.#at++;
  }

  #array(path: TomlPath): void {
    this.#at++;
    for (let index = 0; this.#more(']'); index++) {
      const element = [...path, index];
      this.#record(element, this.#currentLine());
      this.#value(element);
      this.#skipBlank();
      if (this.#peek() === ',') this.#at++;
    }
  }

  #inlineTable(path: TomlPath): void {
    this.#at++;
    while (this.#more('}')) {
      this.#keyValue(path);
      this.#skipBlank();
      if (this.#peek() === ',') this.#at++;
    }
  }

  /** Whether another element comes before `end`, which is consumed. */
  #more(end: string): boolean {
    this.#skipBlank();
    if (this.#at >= this.#source.length) return false;
    if (this.#peek() !== end) return true;
    this.#at++;
    return false;
  }

  #dottedKey(): string[] {
    const names: string[] = [];
    do {
      if (names.length > 0) this.#at++;
      this.#skipSpaces();
      names.push(this.#keyName());
      this.#skipSpaces();
    } while (this.#peek() === '.');
    return names;
  }

  #keyName(): string {
    const start = this.#at;
    const quote = this.#peek();
    if (quote === '"' || quote === "'") {
      this.#string();
      const raw = this.#source.slice(start, this.#at);
      return quote === '"' ? decodeBasic(raw) : raw.slice(1, -1);
    }
    while (/[\w-]/.test(this.#peek())) this.#at++;
    return this.#source.slice(start, this.#at);
  }

  /** Skips a string of any of the four kinds. */
  #string(): void {
    const quote = this.#peek();
    const triple = quote.repeat(3);
    const end = this.#source.startsWith(triple, this.#at) ? triple : quote;
    this.#at += end.length;
    while (this.#at < this.#source.length && !this.#source.startsWith(end, this.#at)) {
      this.#at += quote === '"' && this.#peek() === '\\' ? 2 : 1;
    }
    this.#at += end.length;
    // Up to two quotes may stand right before the closing three, and belong to the string.
    while (end === triple && this.#peek() === quote) this.#at++;
  }

  #skipSpaces(): void {
    while (this.#peek() === ' ' || this.#peek() === '\t') this.#at++;
  }

  #skipBlank(): void {
    for (;;) {
      while (/\s/.test(this.#peek())) this.#at++;
      if (this.#peek() !== '#') return;
      while (this.#at < this.#source.length && this.#peek() !== '\n') this.#at++;
    }
  }

  #peek(): string {
    return this.#source[this.#at] ?? '';
  }

  #record(path: TomlPath, line: number): void {
    const key = JSON.stringify(path);
    if (!this.#lines.has(key)) this.#lines.set(key, line);
  }

  #currentLine(): number {
    for (; this.#lineAt < this.#at; this.#lineAt++) {
      if (this.#source[this.#lineAt] === '\n') this.#line++;
    }
    return this.#line;
  }
}

/** A basic string's content; TOML's escapes are JSON's but for `\U`, `\e` and `\x`. */
function decodeBasic(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted.slice(1, -1);
  }
}
