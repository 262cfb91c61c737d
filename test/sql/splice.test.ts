// Edits on text by UTF-8 bytes.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { splice } from '../../src/sql/splice.ts';

describe('splice', () => {
  it('replaces, removes and inserts by byte offsets', () => {
    const edits = [
      { start: 7, end: 8, text: '2' },
      { start: 8, end: 8, text: ', 3' },
      { start: 0, end: 0, text: '/* a */ ' },
    ];
    assert.equal(splice('SELECT 1 LIMIT 4', edits), '/* a */ SELECT 2, 3 LIMIT 4');
  });

  it('counts UTF-8 bytes, not characters', () => {
    // `SELECT 'é日'` is 14 bytes long.
    assert.equal(splice("SELECT 'é日' X", [{ start: 15, end: 16, text: 'ü' }]), "SELECT 'é日' ü");
  });

  it('applies edits at one place in the order given', () => {
    const edits = ['a', 'b', 'c'].map(text => ({ start: 1, end: 1, text }));
    assert.equal(splice('xy', edits), 'xabcy');
  });

  it('refuses edits that overlap or are out of the text', () => {
    const overlapping = [
      { start: 0, end: 2, text: '' },
      { start: 1, end: 3, text: '' },
    ];
    assert.throws(() => splice('abcd', overlapping), RangeError);
    assert.throws(() => splice('abcd', [{ start: 3, end: 5, text: '' }]), RangeError);
  });
});
