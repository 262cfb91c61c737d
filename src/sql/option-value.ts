// Values of options (DefElem) as PostgreSQL's commands read them.

import type { SyntaxNode } from './syntax-tree.ts';

/** defGetBoolean (define.c): no value means true. */
export function isOn(value: SyntaxNode | undefined): boolean {
  if (value === undefined) return true;
  if (value.Boolean !== undefined) return value.Boolean.boolval ?? false;
  if (value.Integer !== undefined) return (value.Integer.ival ?? 0) !== 0;
  return ['true', 'on'].includes((value.String?.sval ?? '').toLowerCase());
}
