// The plots of the benchmark: images that any reader of PNG can read, checked by one written here.

import assert from 'node:assert/strict';
import test from 'node:test';
import { crc32, inflateSync } from 'node:zlib';
import { linePlotPng } from '../../bench/line-plot.ts';
import { Picture } from '../../bench/png.ts';

interface Decoded {
  readonly width: number;
  readonly height: number;
  /** Rows of colours as hexadecimal digits. */
  readonly rows: readonly (readonly string[])[];
}

/** Of an image with a palette and without filters; checks lengths, order and sums of its chunks. */
function decode(png: Buffer): Decoded {
  assert.equal(png.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n');
  const chunks: [string, Buffer][] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    assert.equal(png.readUInt32BE(at + 8 + length), crc32(body));
    chunks.push([body.toString('latin1', 0, 4), body.subarray(4)]);
    at += length + 12;
  }
  assert.deepEqual(
    chunks.map(([type]) => type),
    ['IHDR', 'PLTE', 'IDAT', 'IEND'],
  );
  const [header, palette, data] = chunks.map(([, body]) => body) as [Buffer, Buffer, Buffer];
  assert.deepEqual([...header.subarray(8)], [8, 3, 0, 0, 0]);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const lines = inflateSync(data);
  const colours = palette.toString('hex').match(/.{6}/g)!;
  assert.equal(lines.length, (width + 1) * height);
  const rows = Array.from({ length: height }, (_, y) => {
    const line = lines.subarray(y * (width + 1), (y + 1) * (width + 1));
    assert.equal(line[0], 0);
    return [...line.subarray(1)].map(pixel => {
      const colour = colours[pixel];
      if (colour === undefined) assert.fail(`no colour ${pixel}`);
      return colour;
    });
  });
  return { width, height, rows };
}

test('a picture is a PNG of its size with a rectangle where it was drawn, cut at the edges', () => {
  const picture = new Picture(4, 3, [
    [255, 255, 255],
    [1, 2, 3],
  ]);
  picture.rectangle(2, 1, 5, 5, 1);
  const [white, drawn] = ['ffffff', '010203'];
  assert.deepEqual(decode(picture.png()), {
    ...{ width: 4, height: 3 },
    rows: [
      [white, white, white, white],
      [white, white, drawn, drawn],
      [white, white, drawn, drawn],
    ],
  });
});

test('a plot shows each line in its own colour, a flat one at one height across all of it', () => {
  const flat = { name: 'flat', points: [0, 10].map(x => ({ x, y: 50 })) };
  const steep = { name: 'steep', points: [0, 10].map(x => ({ x, y: x * 10 })) };
  const png = linePlotPng({ title: 'T', xTitle: 'seconds', yTitle: 'MB', lines: [flat, steep] });
  const { width, height, rows } = decode(png);
  assert.deepEqual([width, height], [960, 520]);
  const longest = (colour: string): number =>
    Math.max(...rows.map(row => row.filter(pixel => pixel === colour).length));
  // The other line and nothing else is drawn over it.
  assert.ok(longest('1f77b4') > 820, `${longest('1f77b4')} pixels`);
  assert.ok(longest('d66014') < 30, `${longest('d66014')} pixels`);
});

test('a letter that the font lacks is an error, not a gap', () => {
  const line = { name: 'µ', points: [{ x: 1, y: 1 }] };
  const plot = { title: 'T', xTitle: 's', yTitle: 'MB', lines: [line] };
  assert.throws(() => linePlotPng(plot), /the font has no "µ"/);
});
