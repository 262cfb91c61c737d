// Letters of 5 × 8 dots for the plots, which need no more than ASCII. A glyph is its columns from
// left to right, one byte each, the lowest bit on top; the eighth row is below the baseline.

const digits =
  '3e5149453e 00427f4000 7251494946 2241494936 1814127f10 2745454539 3c4a494930 0171090503 ' +
  '3649494936 064949291e';
const capitals =
  '7e0909097e 7f49494936 3e41414122 7f4141413e 7f49494941 7f09090901 3e4141517a 7f0808087f ' +
  '00417f4100 204041413f 7f08142241 7f40404040 7f020c027f 7f0408107f 3e4141413e 7f09090906 ' +
  '3e4151215e 7f09192946 2649494932 01017f0101 3f4040403f 1f2040201f 3f4038403f 6314081463 ' +
  '0304780403 6151494543';
const smalls =
  '2054545478 7f44444438 3844444428 384444447f 3854545418 087e090102 18a4a4a478 7f04040478 ' +
  '00447d4000 4080847d00 7f10284400 00417f4000 7c04780478 7c04040478 3844444438 fc24242418 ' +
  '18242424fc 7c08040408 4854545424 043f444420 3c4040207c 1c2040201c 3c4030403c 4428102844 ' +
  '1ca0a0a07c 4464544c44';
const marks: Readonly<Record<string, string>> = {
  ' ': '0000000000',
  '.': '0060600000',
  ',': '0080600000',
  ':': '0036360000',
  '-': '0808080808',
  '+': '08083e0808',
  '/': '2010080402',
  '*': '2a1c7f1c2a',
  '=': '1414141414',
  '%': '2313086462',
  '(': '001c224100',
  ')': '0041221c00',
  _: '8080808080',
};

export const glyphWidth = 5;
export const glyphHeight = 8;

const glyphs = new Map<string, readonly number[]>([
  ...named('0', digits),
  ...named('A', capitals),
  ...named('a', smalls),
  ...Object.entries(marks).map(([mark, hex]) => [mark, columnsOf(hex)] as const),
]);

function named(first: string, row: string): (readonly [string, readonly number[]])[] {
  const from = first.charCodeAt(0);
  return row.split(' ').map((hex, i) => [String.fromCharCode(from + i), columnsOf(hex)]);
}

function columnsOf(hex: string): readonly number[] {
  return [...Buffer.from(hex, 'hex')];
}

/** The columns of a letter. Throws for one that the font lacks. */
export function glyph(letter: string): readonly number[] {
  const columns = glyphs.get(letter);
  if (columns === undefined) throw new Error(`the font has no "${letter}"`);
  return columns;
}
