// What a filter over merged groups asks of each of them (HAVING), by columns of the fragment's rows.
// Constants and parameters are hidden columns, so that PostgreSQL has read and cast them.

/** In SQL's logic of three values. Columns that are compared are of one type. */
export type RowCondition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly RowCondition[] }
  | { readonly kind: 'not'; readonly part: RowCondition }
  | { readonly kind: 'is-null'; readonly column: number }
  | {
      readonly kind: 'compare';
      readonly operator: ComparisonOperator;
      readonly left: number;
      readonly right: number;
    };

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** `(1 > 4 and not 2 is null)`: columns are counted from 1. */
export function conditionText(condition: RowCondition): string {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return `(${condition.parts.map(conditionText).join(` ${condition.kind} `)})`;
    case 'not':
      return `not ${conditionText(condition.part)}`;
    case 'is-null':
      return `${condition.column + 1} is null`;
    case 'compare':
      return `${condition.left + 1} ${condition.operator} ${condition.right + 1}`;
  }
}
