// A text with a few accidents: characters lost, doubled, exchanged, from other forms. Some are still
// read, perhaps as another value than one thinks.

import type { Random } from '../sharding/seeded-random.ts';
import { between, pick } from './key-sample.ts';

const strange = [
  ...[' ', '  ', '\t', '\n', '+', '-', '.', ':', ',', '/', '"', '\\', '{', '}', '[', ']', '(', ')'],
  ...['0', '1', '5', '9', '00', 'e', 'E', 'a', 'F', 'x', 'X', 'z', 'Z', 'T', '_', "'", '=', '::'],
  ...['\u00a0', 'é', ' BC', ' AD', ' AM', ' PM', '+01', ' UTC', 'null', 'NaN', 'inf', 'e5', '\\x'],
  ...[' ago', ' days', '24:00:00', '-', '\\\\', '""', '%', '(0', '😀'],
];

export function mutatedText(text: string, random: Random): string {
  let result = text;
  for (let left = between(random, 1, 3); left > 0; left--) result = mutatedOnce(result, random);
  // Halves of a surrogate pair and U+0000 are no text.
  return result.toWellFormed().replaceAll('\0', '');
}

function mutatedOnce(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + between(random, 1, 3));
  const [before, part, behind] = [text.slice(0, at), text.slice(at, end), text.slice(end)];
  switch (random.below(6)) {
    case 0:
      return before + behind;
    case 1:
      return before + part + part + behind;
    case 2:
      return before + pick(random, strange) + part + behind;
    case 3:
      return before + pick(random, strange) + behind;
    case 4:
      return before + [...part].reverse().join('') + behind;
    default:
      return random.below(2) === 0 ? text.toUpperCase() : text.toLowerCase();
  }
}
