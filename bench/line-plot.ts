// A plot of lines over time as a PNG image: axes with round numbers, a title, a legend. The vertical
// axis begins at 0, so that what is flat looks flat.

import { glyph, glyphHeight, glyphWidth } from './bitmap-font.ts';
import { type Colour, Picture } from './png.ts';

export interface PlotLine {
  readonly name: string;
  /** Ascending in x. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface LinePlot {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly lines: readonly PlotLine[];
}

// The first colour of the palette is the paper.
const [ink, grid, firstLine] = [1, 2, 3];
const palette: readonly Colour[] = [
  [255, 255, 255],
  [40, 40, 40],
  [222, 222, 222],
  [31, 119, 180],
  [214, 96, 20],
  [44, 140, 44],
  [148, 60, 160],
  [150, 110, 20],
];
const size = { width: 960, height: 520 };
const margin = { left: 90, right: 24, top: 74, bottom: 104 };
const letterScale = 2;
const letterWidth = (glyphWidth + 1) * letterScale;
const letterHeight = glyphHeight * letterScale;
const lineWidth = 3;
const ticksWanted = 8;

export function linePlotPng({ title, xTitle, yTitle, lines }: LinePlot): Buffer {
  if (lines.length > palette.length - firstLine) throw new Error('more lines than colours');
  const picture = new Picture(size.width, size.height, palette);
  const points = lines.flatMap(line => line.points);
  const x = axis(points.map(point => point.x));
  const y = axis(points.map(point => point.y));
  const inner = {
    width: size.width - margin.left - margin.right,
    height: size.height - margin.top - margin.bottom,
  };
  const left = (value: number): number => margin.left + Math.round((value / x.end) * inner.width);
  const top = (value: number): number =>
    margin.top + inner.height - Math.round((value / y.end) * inner.height);
  for (const tick of y.ticks) {
    picture.rectangle(margin.left, top(tick), inner.width, 1, grid);
    const label = numberText(tick, y.step);
    const at = margin.left - 10 - label.length * letterWidth;
    write(picture, label, at, top(tick) - letterHeight / 2);
  }
  for (const tick of x.ticks) {
    picture.rectangle(left(tick), margin.top, 1, inner.height, grid);
    const label = numberText(tick, x.step);
    write(picture, label, left(tick) - (label.length * letterWidth) / 2, top(0) + 8);
  }
  picture.rectangle(margin.left, margin.top, 2, inner.height, ink);
  picture.rectangle(margin.left, top(0), inner.width, 2, ink);
  write(picture, title, margin.left, 12);
  write(picture, yTitle, 10, margin.top - letterHeight - 12);
  write(picture, xTitle, size.width - margin.right - xTitle.length * letterWidth, top(0) + 30);
  for (const [i, line] of lines.entries()) drawLine(picture, line, left, top, firstLine + i);
  writeLegend(picture, lines, top(0) + 56);
  return picture.png();
}

/** In as many rows as it takes. */
function writeLegend(picture: Picture, lines: readonly PlotLine[], top: number): void {
  let [left, row] = [margin.left, top];
  for (const [i, { name }] of lines.entries()) {
    const width = 28 + name.length * letterWidth;
    if (left > margin.left && left + width > size.width) {
      left = margin.left;
      row += letterHeight + 8;
    }
    picture.rectangle(left, row + 6, 20, 5, firstLine + i);
    write(picture, name, left + 28, row);
    left += width + 3 * letterWidth;
  }
}

/** From 0 to a round number that nothing is above. */
function axis(values: readonly number[]): { end: number; step: number; ticks: number[] } {
  const greatest = values.reduce((most, value) => Math.max(most, value), Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(greatest / ticksWanted));
  const step = power * ([1, 2, 5, 10].find(one => one * power * ticksWanted >= greatest) ?? 10);
  const count = Math.ceil(greatest / step);
  return { end: count * step, step, ticks: Array.from({ length: count + 1 }, (_, i) => i * step) };
}

function numberText(value: number, step: number): string {
  return value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
}

function write(picture: Picture, text: string, left: number, top: number): void {
  [...text].forEach((letter, place) => {
    glyph(letter).forEach((bits, column) => {
      for (let row = 0; row < glyphHeight; row++) {
        if ((bits & (1 << row)) === 0) continue;
        const x = Math.round(left) + place * letterWidth + column * letterScale;
        picture.rectangle(x, top + row * letterScale, letterScale, letterScale, ink);
      }
    });
  });
}

function drawLine(
  picture: Picture,
  { points }: PlotLine,
  left: (x: number) => number,
  top: (y: number) => number,
  colour: number,
): void {
  for (let i = 1; i < points.length; i++) {
    const [from, to] = [points[i - 1]!, points[i]!];
    const [x, y] = [left(from.x), top(from.y)];
    const [width, height] = [left(to.x) - x, top(to.y) - y];
    const dots = Math.max(Math.abs(width), Math.abs(height), 1);
    for (let dot = 0; dot <= dots; dot++) {
      const across = x + Math.round((width * dot) / dots);
      const down = y + Math.round((height * dot) / dots) - 1;
      picture.rectangle(across, down, lineWidth, lineWidth, colour);
    }
  }
}
