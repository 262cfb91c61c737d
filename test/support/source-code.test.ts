// The scan under the tidy test: if it were fooled, the tidy test would pass for the wrong reason.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blank, functionsOf } from './source-code.ts';

test('comments and the contents of literals are blanked, lines and columns stay', () => {
  const text = [
    `const a = 'x // y'; // comment {`,
    'const b = `t $' + '{f({ c: `}` })} // {`; /* { */',
    'const d = /[/"]\\/{/.test(e) ? 4 / 2 : 1; return /}/;',
  ].join('\n');
  const blanked = blank(text, true);
  assert.equal(blanked.length, text.length);
  assert.deepEqual(
    blanked.split('\n').map(line => line.replace(/ +/g, ' ').trimEnd()),
    [
      "const a = ' ';",
      'const b = ` {f({ c: ` ` })} `;',
      'const d = / /.test(e) ? 4 / 2 : 1; return / /;',
    ],
  );
  assert.match(blank(text, false), /^const a = 'x \/\/ y'; +\nconst b = `t /);
});

test('functions are found in every form and blocks are not taken for them', () => {
  const text = `
    export async function declared<T>(a: T, b = { c: 1 }): Promise<{ d: T }> {
      for (const x of [1]) {
        if (x) { throw x; } else { void 0; }
      }
      return { d: a };
    }
    class K {
      method(this: K): string | undefined { return undefined; }
      get size(): number {
        return 1;
      }
    }
    const arrow = (a: number): number => { switch (a) { default: return a; } };
    const short = x => {
      try { return x; } catch (error) { return error; }
    };`;
  assert.deepEqual(
    functionsOf(text).map(({ head, line, lines }) => `${head} ${line}+${lines}`),
    ['declared 2+6', 'method 9+1', 'size 10+3', '=> 14+1', '=> 15+3'],
  );
});
