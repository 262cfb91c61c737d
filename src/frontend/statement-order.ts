// Where a client orders one statement: its comments come before the session's settings. Found when
// the statement is planned; the plan has it from there.

import type { General } from '../config/general-keys.ts';
import type { Directive } from '../plan/directive.ts';
import { type CommentPatterns, commentDirective } from '../sql/comment-directives.ts';

export interface Order {
  readonly directive: Directive | null;
  readonly ordered: 'comment' | 'setting';
}

const compiled = new WeakMap<General, CommentPatterns>();

function patternsOf(general: General): CommentPatterns {
  let patterns = compiled.get(general);
  if (patterns === undefined) {
    const { shardIdRegex, shardingKeyRegex } = general;
    patterns = {
      shard: shardIdRegex === null ? null : new RegExp(shardIdRegex),
      key: shardingKeyRegex === null ? null : new RegExp(shardingKeyRegex),
    };
    compiled.set(general, patterns);
  }
  return patterns;
}

/** `around`: the statement with its comments; `session`: of the session's settings. Throws as
 *  `commentDirective`. */
export function orderOf(around: string, general: General, session: Directive | null): Order {
  const directive = commentDirective(around, patternsOf(general));
  return directive === null
    ? { directive: session, ordered: 'setting' }
    : { directive, ordered: 'comment' };
}
