// A value of an INSERT into an omnisharded table of which each shard would make its own, so that one
// of them has to be asked. The moment of the transaction alone is dealt with elsewhere
// (`fixed-moment.ts`).

import { datedTypeNames, namesMoment } from '../sql/moment-text.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName, walk } from '../sql/syntax-tree.ts';
import { isSettingDependent } from './builtin-functions.ts';
import type { PlanInput } from './plan-input.ts';

const moments: ReadonlySet<string> = new Set(['now', 'transaction_timestamp']);

/** `moment`: it counts too. */
export function variesOnCopies(node: SyntaxNode, { catalog }: PlanInput, moment = false): boolean {
  let found = false;
  walk(node, value => {
    const { FuncCall: call, SubLink, SQLValueFunction, TypeCast: cast } = value as SyntaxNode;
    if (SubLink !== undefined || (moment && SQLValueFunction !== undefined)) found = true;
    if (call !== undefined) {
      const { name } = qualifiedName(call.funcname);
      const overloads = catalog.functions.get(name) ?? [];
      const builtin = overloads.every(({ schema }) => schema === 'pg_catalog');
      const alike =
        builtin &&
        (isSettingDependent(name, call.args?.length ?? 0) || (!moment && isMoment(name)));
      found ||= !alike && overloads.some(({ volatility }) => volatility !== 'immutable');
    }
    const text = (cast?.arg as SyntaxNode | undefined)?.A_Const?.sval?.sval;
    if (text !== undefined && datedTypeNames.has(qualifiedName(cast?.typeName?.names).name)) {
      found ||= namesMoment(text);
    }
    return !found;
  });
  return found;
}

function isMoment(name: string): boolean {
  return moments.has(name);
}
