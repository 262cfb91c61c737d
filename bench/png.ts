// Writes PNG images of up to 256 colours: PNG, third edition (W3C), with 8 bits per pixel, a palette,
// no filter and no interlacing.

import { crc32, deflateSync } from 'node:zlib';

/** Red, green and blue, 0 to 255 each. */
export type Colour = readonly [number, number, number];

const signature = Buffer.from('89504e470d0a1a0a', 'hex');
const [bitDepth, indexedColour] = [8, 3];

export class Picture {
  readonly width: number;
  readonly height: number;
  readonly #palette: readonly Colour[];
  /** A pixel is the place of its colour in the palette. */
  readonly #pixels: Uint8Array;

  /** All of it in the first colour of the palette. */
  constructor(width: number, height: number, palette: readonly Colour[]) {
    this.width = width;
    this.height = height;
    this.#palette = palette;
    this.#pixels = new Uint8Array(width * height);
  }

  /** What lies outside is left out. */
  rectangle(left: number, top: number, width: number, height: number, colour: number): void {
    const right = Math.min(left + width, this.width);
    for (let y = Math.max(top, 0); y < Math.min(top + height, this.height); y++) {
      this.#pixels.fill(colour, y * this.width + Math.max(left, 0), y * this.width + right);
    }
  }

  png(): Buffer {
    const { width, height } = this;
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width);
    header.writeUInt32BE(height, 4);
    header.set([bitDepth, indexedColour, 0, 0, 0], 8);
    const lines = Buffer.alloc((width + 1) * height);
    for (let y = 0; y < height; y++) {
      // Each line is led by its filter: 0, none.
      lines.set(this.#pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
    }
    return Buffer.concat([
      signature,
      chunk('IHDR', header),
      chunk('PLTE', Buffer.from(this.#palette.flat())),
      chunk('IDAT', deflateSync(lines, { level: 9 })),
      chunk('IEND', Buffer.alloc(0)),
    ]);
  }
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
