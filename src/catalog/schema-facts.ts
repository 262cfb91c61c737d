// What is compared of one object of a schema between shards. Facts are the same on every version of
// PostgreSQL; texts are as it prints them, which only servers of one major version do alike.

import { tableKey } from './catalog.ts';

export interface SchemaObject {
  /** `table`, `view`, `function`, `extension` …, as it is called in a sentence. */
  readonly kind: string;
  /** Empty for an extension. */
  readonly schema: string;
  /** A function's with the types of its arguments. */
  readonly name: string;
}

export interface ColumnFacts {
  readonly name: string;
  readonly type: string;
  /** Labels of an enum, base type of a domain, columns of a composite type. */
  readonly shape: string | null;
  readonly collation: string | null;
  readonly notNull: boolean;
  readonly generated: boolean;
}

export interface IndexFacts {
  readonly name: string;
  readonly unique: boolean;
  /** Names of its columns; expressions are not told apart. */
  readonly on: readonly string[];
  readonly partial: boolean;
  readonly valid: boolean;
}

export interface SchemaFacts {
  readonly object: SchemaObject;
  readonly facts: {
    readonly columns?: readonly ColumnFacts[] | null;
    readonly indexes?: readonly IndexFacts[] | null;
    readonly rowSecurity?: boolean;
    readonly forced?: boolean;
    readonly parents?: readonly string[] | null;
    /** Of functions. */
    readonly result?: string;
    readonly set?: boolean;
    readonly volatility?: string;
    readonly language?: string;
    readonly body?: string;
    /** Of extensions. */
    readonly version?: string;
  };
  /** null: somebody had the relation locked. */
  readonly texts: {
    readonly definition?: string | null;
    readonly defaults?: Readonly<Record<string, string>> | null;
    readonly policies?: readonly unknown[] | null;
  } | null;
}

/** For a relation the key of `Catalog.tables`; functions have parentheses. */
export function objectKey({ schema, name }: SchemaObject): string {
  return tableKey(schema, name);
}
