// Elements of a one-dimensional array parameter, for `key = ANY($1)`: text form (arrayfuncs.c,
// array_in) and binary form (array_recv).

/** Elements in text form, null for NULL; undefined when this is not a plain list. */
export function textArrayElements(text: string): (string | null)[] | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return undefined;
  const elements: (string | null)[] = [];
  let pos = 1;
  const end = trimmed.length - 1;
  if (trimmed.slice(1, end).trim() === '') return elements;
  while (pos <= end) {
    const element = readElement(trimmed, pos, end);
    if (element === undefined) return undefined;
    elements.push(element.value);
    pos = element.next;
  }
  return elements;
}

function readElement(
  text: string,
  from: number,
  end: number,
): { value: string | null; next: number } | undefined {
  let pos = from;
  while (/\s/.test(text[pos] ?? '')) pos += 1;
  if (text[pos] === '{') return undefined;
  const quoted = text[pos] === '"';
  if (quoted) pos += 1;
  let value = '';
  let escaped = false;
  for (; pos < end; pos++) {
    const char = text[pos]!;
    if (char === '\\') {
      pos += 1;
      value += text[pos] ?? '';
      escaped = true;
    } else if (char === '"') {
      break;
    } else if (!quoted && (char === ',' || char === '{' || char === '}')) {
      break;
    } else {
      value += char;
    }
  }
  if (quoted) {
    if (text[pos] !== '"') return undefined;
    pos += 1;
    while (/\s/.test(text[pos] ?? '') && pos < end) pos += 1;
  }
  if (pos < end && text[pos] !== ',') return undefined;
  if (!quoted) {
    value = value.trim();
    if (value === '') return undefined;
    if (!escaped && value.toUpperCase() === 'NULL') return { value: null, next: pos + 1 };
  }
  return { value, next: pos + 1 };
}

export interface BinaryArray {
  readonly elementType: number;
  /** Byte ranges in the given buffer; null for NULL. */
  readonly elements: readonly ({ readonly start: number; readonly length: number } | null)[];
}

/** undefined when the array has more than one dimension or its bytes do not add up. */
export function binaryArrayElements(
  bytes: Buffer,
  start: number,
  length: number,
): BinaryArray | undefined {
  const end = start + length;
  if (length < 12) return undefined;
  const dimensions = bytes.readInt32BE(start);
  const elementType = bytes.readUInt32BE(start + 8);
  if (dimensions === 0) return { elementType, elements: [] };
  if (dimensions !== 1 || length < 20) return undefined;
  const count = bytes.readInt32BE(start + 12);
  const elements: ({ start: number; length: number } | null)[] = [];
  let pos = start + 20;
  for (let i = 0; i < count; i++) {
    if (pos + 4 > end) return undefined;
    const size = bytes.readInt32BE(pos);
    pos += 4;
    if (size < 0) {
      elements.push(null);
      continue;
    }
    if (pos + size > end) return undefined;
    elements.push({ start: pos, length: size });
    pos += size;
  }
  return { elementType, elements };
}
