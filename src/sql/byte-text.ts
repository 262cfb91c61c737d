// Text addressed by UTF-8 byte offsets, which is how PostgreSQL's parser and scanner count. Held
// as one latin1 character per byte, so that slicing needs no conversion of offsets.

export class ByteText {
  /** One character per UTF-8 byte. */
  readonly bytes: string;
  readonly ascii: boolean;

  constructor(text: string) {
    this.ascii = !hasNonAscii(text);
    this.bytes = this.ascii ? text : Buffer.from(text, 'utf8').toString('latin1');
  }

  /** In bytes. */
  get length(): number {
    return this.bytes.length;
  }

  /** The text from byte `start` up to byte `end`. */
  slice(start: number, end: number = this.bytes.length): string {
    return this.decode(this.bytes.slice(start, end));
  }

  /** Back from one character per byte. */
  decode(bytes: string): string {
    return this.ascii ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
  }
}

export function byteText(text: string): ByteText {
  return new ByteText(text);
}

function hasNonAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) > 0x7f) return true;
  }
  return false;
}
