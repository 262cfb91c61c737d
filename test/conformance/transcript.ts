// Messages of a server as lines that lose nothing: two answers are the same bytes exactly if their
// lines are the same, but for what `docs` of differences.txt says (masks).

import { fieldsOf, type Message } from '../support/raw-client.ts';

const firstUserOid = 16_384;

/** Writes the messages of one script; numbers that are a server's own are replaced by the order
 *  in which they were first seen, so that two servers' can be compared. */
export class Transcript {
  readonly #oids = new Map<number, number>();
  readonly #processes = new Map<number, number>();

  line({ type, body }: Message): string {
    switch (type) {
      case 'E':
      case 'N':
        return `${type} ${fieldsOf(body)
          .map(([code, value]) => `${code}=${value}`)
          .join(' ')}`;
      case 'T':
        return `T ${this.#columns(body).join(' ')}`;
      case 't':
        return `t ${this.#parameterTypes(body).join(' ')}`;
      case 'D':
        return `D ${values(body).join(' ')}`;
      case 'A':
        return `A ${this.#numbered(this.#processes, body.readInt32BE(0))} ${shown(body.subarray(4))}`;
      case 'K':
        return 'K';
      default:
        return body.length === 0 ? type : `${type} ${shown(body)}`;
    }
  }

  #columns(body: Buffer): string[] {
    const columns: string[] = [];
    let pos = 2;
    while (pos < body.length) {
      const zero = body.indexOf(0, pos);
      const name = body.toString('utf8', pos, zero);
      const table = this.#oid(body.readUInt32BE(zero + 1));
      const at = body.readInt16BE(zero + 5);
      const type = this.#oid(body.readUInt32BE(zero + 7));
      const size = body.readInt16BE(zero + 11);
      const modifier = body.readInt32BE(zero + 13);
      const format = body.readInt16BE(zero + 17);
      columns.push(`${name}(${table}.${at} ${type} ${size} ${modifier} ${format})`);
      pos = zero + 19;
    }
    return columns;
  }

  #parameterTypes(body: Buffer): string[] {
    const count = body.readInt16BE(0);
    return Array.from({ length: count }, (_, i) => this.#oid(body.readUInt32BE(2 + 4 * i)));
  }

  #oid(oid: number): string {
    return oid < firstUserOid ? String(oid) : `#${this.#numbered(this.#oids, oid)}`;
  }

  #numbered(seen: Map<number, number>, value: number): number {
    const number = seen.get(value) ?? seen.size + 1;
    seen.set(value, number);
    return number;
  }
}

function values(body: Buffer): string[] {
  const found: string[] = [];
  const count = body.readInt16BE(0);
  let pos = 2;
  for (let i = 0; i < count; i++) {
    const length = body.readInt32BE(pos);
    pos += 4;
    found.push(length < 0 ? 'NULL' : shown(body.subarray(pos, pos + length)));
    pos += Math.max(length, 0);
  }
  return found;
}

/** Text in quotes where it is printable, else hexadecimal. */
function shown(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!/[^\P{C}\n\t\0]/u.test(text) && Buffer.from(text).equals(bytes)) return JSON.stringify(text);
  return `\\x${bytes.toString('hex')}`;
}
