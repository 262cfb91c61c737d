// A write to all copies of an omnisharded table may hold no text that each shard would read as its
// own moment: 'now' for a timestamp. Literals are looked at here, parameters when they are given.

import type { Table } from '../catalog/catalog.ts';
import type { Level } from '../sql/level.ts';
import { datedTypeNames, namesMoment } from '../sql/moment-text.ts';
import type { ScopeBuilder } from '../sql/scope-builder.ts';
import type { SyntaxNode } from '../sql/syntax-tree.ts';
import { qualifiedName } from '../sql/syntax-tree.ts';
import { firstUserOid, typeOid } from '../types/type-oid.ts';
import { expressionType, isText } from './expression-type.ts';

/** Arrays and ranges of them too (pg_type.dat). */
const typeOids: ReadonlySet<number> = new Set([
  ...[typeOid.date, typeOid.time, typeOid.timetz, typeOid.timestamp, typeOid.timestamptz],
  ...[1115, 1182, 1183, 1185, 1270, 3908, 3909, 3910, 3911, 3912, 3913],
  ...[4533, 4534, 4535, 6152, 6153, 6155],
]);

export interface CopiedMoments {
  /** What each shard may read as its own moment; null: nothing. */
  readonly found: string | null;
  /** A parameter may be such a text. */
  readonly possible: boolean;
}

/** Of the statement that writes `table`, all its queries included. */
export function copiedMoments(stmt: SyntaxNode, table: Table, facts: ScopeBuilder): CopiedMoments {
  const seen = new Seen(facts);
  seen.walk(stmt, facts.top);
  for (const { select, level } of facts.selects) seen.walk(select, level);
  const possible = seen.casts || table.columns.some(isDated);
  const text = possible ? seen.texts.find(namesMoment) : undefined;
  return { found: text === undefined ? seen.varying : `the literal '${text}'`, possible };
}

/** Types of users may be domains over one, or have members of one. */
export function isDated({ typeOid: oid, keyType }: Table['columns'][number]): boolean {
  return typeOids.has(oid) || (oid >= firstUserOid && keyType?.kind !== 'enum');
}

class Seen {
  readonly texts: string[] = [];
  casts = false;
  varying: string | null = null;
  readonly #facts: ScopeBuilder;

  constructor(facts: ScopeBuilder) {
    this.#facts = facts;
  }

  /** Queries within are walked by themselves, at their level. */
  walk(tree: unknown, level: Level | null): void {
    if (typeof tree !== 'object' || tree === null) return;
    const node = tree as SyntaxNode;
    const text = node.A_Const?.sval?.sval;
    if (text !== undefined) this.texts.push(text);
    const name = castTo(node);
    if (name !== null) {
      this.casts = true;
      const arg = node.TypeCast?.arg ?? node.FuncCall?.args?.[0];
      if (!this.#isFixed(arg as SyntaxNode | undefined, level)) {
        this.varying ??= `a cast of an expression to ${name}`;
      }
    }
    for (const [key, child] of Object.entries(tree)) {
      if (key !== 'SelectStmt') this.walk(child, level);
    }
  }

  /** Its text is looked at here or when it is given, or it has none. */
  #isFixed(arg: SyntaxNode | undefined, level: Level | null): boolean {
    if (arg === undefined || arg.A_Const !== undefined || arg.ParamRef !== undefined) return true;
    if (arg.TypeCast !== undefined) {
      // varchar(3) leaves the moment of another text.
      if (castTo(arg) === null && (arg.TypeCast.typeName?.typmods?.length ?? 0) > 0) return false;
      return castTo(arg) !== null || this.#isFixed(arg.TypeCast.arg as SyntaxNode, level);
    }
    if (level === null) return false;
    const type = expressionType(arg, level, this.#facts);
    return type !== null && !isText(type.oid) && type.oid < firstUserOid;
  }
}

/** The date/time type that it casts to, `date(x)` being a cast as well; null: none. */
function castTo({ TypeCast, FuncCall }: SyntaxNode): string | null {
  const names = TypeCast?.typeName?.names ?? (FuncCall?.args?.length === 1 && FuncCall.funcname);
  if (!names) return null;
  const { name } = qualifiedName(names as readonly SyntaxNode[]);
  return datedTypeNames.has(name) ? name : null;
}
