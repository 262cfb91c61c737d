// The directives in a statement's comments: `pgdog_shard: 1`, `pgdog_sharding_key: "v"`,
// `pgdog_role: primary`, and what the operator's own expressions find. Comments are told apart by
// PostgreSQL's own lexer (scan.l): what looks like one inside a string is none.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { type Directive, directiveText } from '../plan/directive.ts';
import { commentsOf } from './tokens.ts';

/** PgCat's `shard_id_regex` and `sharding_key_regex`: group 1 is the value. */
export interface CommentPatterns {
  readonly shard: RegExp | null;
  readonly key: RegExp | null;
}

const noPatterns: CommentPatterns = { shard: null, key: null };

/** The operator's expressions see this much of a comment. */
const searchedMax = 1_000;

/** A value without quotes ends at a blank, a comma, a semicolon or with the comment. */
const bare = `[^\\s,;'"](?:(?!\\*/)[^\\s,;])*`;
const named = new RegExp(
  `\\bpgdog_(shard|sharding_key|role)\\s*:\\s*(?:"([^"]*)"|'([^']*)'|((?!\\*/)${bare}))?`,
  'g',
);

/**
 * Where the comments of `text`, one statement with what stands around it, order it to; null: they
 * say nothing. Throws `directiveInvalid` and `directivesDisagree`.
 */
export function commentDirective(text: string, patterns = noPatterns): Directive | null {
  const { shard, key } = patterns;
  if (shard === null && key === null && !text.includes('pgdog_')) return null;
  if (!text.includes('--') && !text.includes('/*')) return null;
  let found: Directive | null = null;
  for (const comment of commentsOf(text)) {
    for (const directive of directivesIn(comment, patterns)) {
      if (found !== null && directiveText(found) !== directiveText(directive)) {
        throw new PgError(errors.directivesDisagree);
      }
      found = directive;
    }
  }
  return found;
}

function directivesIn(comment: string, { shard, key }: CommentPatterns): Directive[] {
  const directives: Directive[] = [];
  for (const [, name, ...values] of comment.matchAll(named)) {
    const value = values.find(one => one !== undefined) ?? '';
    if (name === 'role') checkRole(value);
    else if (name === 'shard') directives.push(shardDirective('pgdog_shard', value));
    else directives.push({ kind: 'key', value: checkedKey('pgdog_sharding_key', value) });
  }
  const searched = comment.slice(0, searchedMax);
  const number = shard?.exec(searched)?.[1];
  if (number !== undefined) directives.push(shardDirective('shard_id_regex', number));
  const value = key?.exec(searched)?.[1];
  if (value !== undefined) directives.push({ kind: 'key', value });
  return directives;
}

/** Nothing depends on the role so far, but a wrong word is not passed over. */
function checkRole(value: string): void {
  if (value !== 'primary' && value !== 'replica' && value !== 'auto') {
    throw invalidDirective('pgdog_role', value);
  }
}

function checkedKey(name: string, value: string): string {
  if (value === '') throw invalidDirective(name, value);
  return value;
}

/** Throws `directiveInvalid` for what is no number of a shard. */
export function shardDirective(name: string, value: string): Directive {
  if (!/^\d{1,5}$/.test(value)) throw invalidDirective(name, value);
  return { kind: 'shard', shard: Number(value) };
}

export function invalidDirective(name: string, value: string): PgError {
  return new PgError(errors.directiveInvalid, { name, value });
}
