// UPDATE or DELETE with queries in it that read other shards than each of its rows is on. They are
// run first, each as the statement of its own that it is; with their values in its text, the write
// is one that shards can do by themselves.

/**
 * What stands in place of the query:
 * - `list`: `'5'::int8, '6'::int8` behind IN, by equality of types that a list does not change.
 * - `array`: an array, behind ANY and ALL.
 * - `constructor`: an array, of ARRAY(…).
 * - `value`: the one value, NULL if there is no row.
 * - `exists`: true or false.
 * - `rows`: a query of constants.
 */
export type ReadForm = 'list' | 'array' | 'constructor' | 'value' | 'exists' | 'rows';

export interface WriteRead {
  /** The query behind blanks that keep its places in the statement, with the statement's parameters. */
  readonly sql: string;
  readonly form: ReadForm;
  /** Its text is compared by collations that are not known here, or its columns may be. */
  readonly collated: boolean;
  /** OID of the type that its values are compared with in a list; 0: it is not known. */
  readonly comparedWith: number;
}

export interface EvaluatedWritePlan {
  readonly kind: 'evaluated-write';
  readonly table: string;
  /** The text around the queries: query i stands between parts i and i + 1. */
  readonly parts: readonly string[];
  readonly reads: readonly WriteRead[];
  /** It goes this way whatever shards its keys name: one shard could not tell. */
  readonly always: boolean;
}
