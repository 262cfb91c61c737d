// The routing program in words: `users.id = $1 → hash → shard 2`, with the values of one execution
// where there are any.

import type { KeyBound, KeyGroup, KeyItem, KeySet, KeyValue } from './route.ts';

/** A parameter's value as text, null for NULL; undefined: this execution has none. `index` is
 *  n - 1 of `$n`. */
export type ParameterText = (index: number) => string | null | undefined;

/** How one group of the route came out. */
export interface RoutedGroup {
  readonly group: KeyGroup;
  /** Kind of the partition function. */
  readonly placement: string;
  /** Ascending; empty: no row can match; null: the values are not known. */
  readonly shards: readonly number[] | null;
}

const noParameter: ParameterText = () => undefined;

/** Longer values are cut. */
const shownCharactersMax = 60;

/** `users.id = 5`, `users.id in (1, $2)`, `1 <= users.id < 10`, `users.id (all)`,
 *  `parts.a = 1 of (a, b)`. */
export function groupText(group: KeyGroup, parameter = noParameter): string {
  const { table, columns, sets, shard } = group;
  if (shard !== undefined) return `${table} (shard ${shard})`;
  if (sets.length === 0) {
    const [only] = columns;
    return columns.length === 1
      ? `${table}.${only} (all)`
      : `${table}.(${columns.join(', ')}) (all)`;
  }
  const texts = sets.map(set => setTexts(set, `${table}.${columns[set.column]}`, parameter));
  const all = texts.map(alternatives => {
    const text = alternatives.join(' or ');
    return alternatives.length > 1 && texts.length > 1 ? `(${text})` : text;
  });
  const confined = new Set(sets.map(set => set.column)).size;
  // A part of a key names no shard by a hash.
  const part = confined < columns.length ? ` of (${columns.join(', ')})` : '';
  return `${all.join(' and ')}${part}`;
}

/** `users.id = $1 (42) → hash → shard 2` */
export function routedText(routed: RoutedGroup, parameter = noParameter): string {
  const { group, placement, shards } = routed;
  if (group.shard !== undefined) return `${group.table} → shard ${group.shard}`;
  const steps = [groupText(group, parameter)];
  if (group.sets.length > 0) steps.push(placement);
  steps.push(shards === null ? 'by the parameters' : shardsText(shards));
  return steps.join(' → ');
}

/** `shard 2`, `shards 0, 1`, `no shard`. */
export function shardsText(shards: readonly number[]): string {
  if (shards.length === 0) return 'no shard';
  return `${shards.length === 1 ? 'shard' : 'shards'} ${shards.join(', ')}`;
}

/** Its alternatives, plain values as one. */
function setTexts({ values }: KeySet, name: string, parameter: ParameterText): readonly string[] {
  const plain = values.filter(isValue);
  const others = values.filter(item => !isValue(item)).map(item => itemText(item, name, parameter));
  if (plain.length === 0 && others.length > 0) return others;
  const texts = plain.map(value => valueText(value, parameter));
  return [
    texts.length === 1 ? `${name} = ${texts[0]}` : `${name} in (${texts.join(', ')})`,
    ...others,
  ];
}

function isValue(item: KeyItem): item is KeyValue {
  return item.kind !== 'range' && item.kind !== 'is-null';
}

function itemText(item: KeyItem, name: string, parameter: ParameterText): string {
  if (item.kind === 'is-null') return `${name} IS NULL`;
  if (item.kind !== 'range') return `${name} = ${valueText(item, parameter)}`;
  const { lower, upper } = item;
  const end = ({ value }: KeyBound) => valueText(value, parameter);
  if (lower === null && upper === null) return `${name} IS NOT NULL`;
  if (lower === null) return `${name} ${upper!.inclusive ? '<=' : '<'} ${end(upper!)}`;
  if (upper === null) return `${name} ${lower.inclusive ? '>=' : '>'} ${end(lower)}`;
  const below = `${end(lower)} ${lower.inclusive ? '<=' : '<'} ${name}`;
  return `${below} ${upper.inclusive ? '<=' : '<'} ${end(upper)}`;
}

/** `5`, `$1`, `$1 (5)`, `any($1)`, `NULL`. */
export function valueText(value: KeyValue, parameter = noParameter): string {
  if (value.kind === 'null') return 'NULL';
  if (value.kind === 'constant') return value.text;
  const given = parameter(value.index);
  const shown = given === undefined ? '' : ` (${given === null ? 'NULL' : shortened(given)})`;
  return value.array ? `any($${value.index + 1}${shown})` : `$${value.index + 1}${shown}`;
}

function shortened(text: string): string {
  return text.length <= shownCharactersMax ? text : `${text.slice(0, shownCharactersMax)}...`;
}
