// Why a statement goes to its shards: its routing program with the values of one execution, for
// EXPLAIN and `pgpack route`.

import type { ParameterText, RoutedGroup } from '../plan/explain-route.ts';
import type { StatementPlan } from '../plan/statement-plan.ts';
import { type BindMessage, parameterFormat, parameterOffset } from '../protocol/client-frame.ts';
import { LookupPlacement } from '../sharding/lookup-placement.ts';
import { typeOid } from '../types/type-oid.ts';
import { type Execution, groupShards } from './shard-choice.ts';

/** `known` false: the parameters have no values. */
export function routedGroups(
  { route }: StatementPlan,
  execution: Execution,
  known: boolean,
): RoutedGroup[] {
  const every = Array.from({ length: execution.shardCount }, (_, shard) => shard);
  return route.groups.map(group => {
    const found = execution.placements[group.placement];
    const placement =
      found instanceof LookupPlacement ? found.words : (found?.kind ?? 'no function');
    const byParameters = group.sets.length > 0 && !known;
    if (byParameters) return { group, placement, shards: null };
    return { group, placement, shards: groupShards(group, execution) ?? every };
  });
}

/** Why these shards, where no key says it. */
export function grouplessReason({ route, groupless, wide }: StatementPlan): string {
  if (route.groups.length > 0) return '';
  if (wide.kind === 'evaluated-insert' && !wide.copied)
    return 'keys that are asked for when it runs';
  return groupless === 'any' ? 'no sharded table: any shard' : 'all shards';
}

/** Values as the client bound them: text as it is, binary forms of a few types read. */
export function parameterTexts(bind: BindMessage | null, types: readonly number[]): ParameterText {
  return index => {
    const at = bind === null ? -1 : parameterOffset(bind, index);
    if (bind === null || at < 0) return undefined;
    const length = bind.buffer.readInt32BE(at);
    if (length < 0) return null;
    const value = bind.buffer.subarray(at + 4, at + 4 + length);
    return parameterFormat(bind, index) === 0 ? value.toString() : binaryText(value, types[index]);
  };
}

/** The text of a binary value; in hexadecimal where its type is not declared, or not known here. */
function binaryText(value: Buffer, type: number | undefined): string {
  if (type === typeOid.int8 && value.length === 8) return String(value.readBigInt64BE());
  if (type === typeOid.int4 && value.length === 4) return String(value.readInt32BE());
  if (type === typeOid.int2 && value.length === 2) return String(value.readInt16BE());
  if (type === typeOid.text || type === typeOid.varchar) return value.toString();
  const hex = value.toString('hex');
  if (type !== typeOid.uuid || value.length !== 16) return `\\x${hex}`;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
