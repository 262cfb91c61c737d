// JSON text as PostgreSQL's jsonb_in reads it (src/common/jsonapi.c): strict JSON, numbers kept to the
// last digit. Errors are 22P02; texts of more depth than servers surely take are refused.

import { invalidKey, unprovenKey } from './key-form.ts';

export type JsonValue =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number' | 'string'; readonly text: string }
  | { readonly kind: 'array'; readonly elements: readonly JsonValue[] }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, JsonValue> };

const depthMax = 500;
const blanks = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// No control characters, and only JSON's escapes.
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in strings.
const string = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const word = /true|false|null/y;

export class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): JsonValue {
    const value = this.#value(0);
    this.#take(blanks);
    if (this.#at !== this.#text.length) throw this.#invalid();
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > depthMax) {
      throw unprovenKey('jsonb', this.#text, `nested more than ${depthMax} deep`);
    }
    this.#take(blanks);
    switch (this.#text[this.#at]) {
      case '{':
        return { kind: 'object', members: this.#members(depth) };
      case '[':
        return { kind: 'array', elements: this.#elements(depth) };
      case '"':
        return { kind: 'string', text: this.#string() };
      case 't':
      case 'f':
      case 'n': {
        const found = this.#take(word) ?? this.#fail();
        return found === 'null' ? { kind: 'null' } : { kind: 'boolean', value: found === 'true' };
      }
      default:
        return { kind: 'number', text: this.#take(number) ?? this.#fail() };
    }
  }

  #elements(depth: number): JsonValue[] {
    const elements: JsonValue[] = [];
    this.#at++;
    if (this.#punctuation(']')) return elements;
    do elements.push(this.#value(depth + 1));
    while (this.#punctuation(','));
    if (!this.#punctuation(']')) throw this.#invalid();
    return elements;
  }

  #members(depth: number): Map<string, JsonValue> {
    const members = new Map<string, JsonValue>();
    this.#at++;
    if (this.#punctuation('}')) return members;
    do {
      this.#take(blanks);
      const key = this.#string();
      if (!this.#punctuation(':')) throw this.#invalid();
      members.set(key, this.#value(depth + 1));
    } while (this.#punctuation(','));
    if (!this.#punctuation('}')) throw this.#invalid();
    return members;
  }

  /** U+0000 and halves of a surrogate pair are no text for PostgreSQL. */
  #string(): string {
    const text = JSON.parse(this.#take(string) ?? this.#fail()) as string;
    if (text.includes('\0') || !text.isWellFormed()) throw this.#invalid();
    return text;
  }

  #punctuation(character: string): boolean {
    this.#take(blanks);
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  #fail(): never {
    throw this.#invalid();
  }

  #invalid() {
    return invalidKey('jsonb', this.#text);
  }
}
