// What a query gave that was run ahead of the write it stands in, and how it is said in SQL so that
// PostgreSQL reads the same values again, of the same types and collations.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { RowColumns } from '../executor/data-row.ts';
import type { RowChunk } from '../executor/shard-client.ts';
import type { ReadForm, WriteRead } from '../plan/evaluated-write-plan.ts';
import type { ColumnDescription } from '../protocol/row-description.ts';
import { quoteLiteral } from '../sql/quote-literal.ts';
import { quoteName } from '../sql/quote-name.ts';
import { firstUserOid, internalName, typeName, typeOid } from '../types/type-oid.ts';

/** Of each column, text forms; null is NULL. */
type Value = string | null;

/** More values than this go as one array: each in a list is a node of PostgreSQL's tree. */
const listMax = 200;

/** So many keys or more mean every shard. */
const keysMax = 10_000;

const textTypes: readonly number[] = [typeOid.text, typeOid.varchar, typeOid.bpchar];

/** Their texts are read back as the same value under any settings. */
const plainTypes: readonly number[] = [
  ...[typeOid.int2, typeOid.int4, typeOid.int8, typeOid.numeric, typeOid.bool, typeOid.uuid],
  ...[typeOid.bytea, typeOid.jsonb, typeOid.inet, typeOid.cidr, typeOid.macaddr, typeOid.macaddr8],
];

/** Theirs are where no digit is left out (`extra_float_digits`). */
const floatTypes: readonly number[] = [typeOid.float4, typeOid.float8];

/** Theirs are as long as they are written as ISO 8601 says. */
const datedTypes: readonly number[] = [
  ...[typeOid.date, typeOid.time, typeOid.timetz, typeOid.timestamp, typeOid.timestamptz],
];

/** Types whose list is compared as the query's rows are (select_common_type, parse_coerce.c). */
const listedTogether: readonly (readonly number[])[] = [
  [typeOid.int2, typeOid.int4, typeOid.int8],
  [typeOid.text, typeOid.varchar],
];

/** It may be rounded in its text. */
export function isFloat(column: ColumnDescription): boolean {
  return floatTypes.includes(column.typeOid);
}

/** It has a collation. */
export function isText(column: ColumnDescription): boolean {
  return textTypes.includes(column.typeOid);
}

export class ReadValues {
  readonly columns: readonly ColumnDescription[];
  rows = 0;
  /** Of each column in SQL, ` COLLATE "C"`; empty: the database's, or it has none. */
  collations: readonly string[] = [];
  readonly #values: Value[][];

  /** Throws for a type whose text may be read back as something else. `parameters`: of a server. */
  constructor(
    columns: readonly ColumnDescription[],
    form: ReadForm,
    parameters: ReadonlyMap<string, string>,
  ) {
    this.columns = columns;
    this.#values = columns.map(() => []);
    if (form === 'exists') return;
    for (const column of columns) requireExact(column, parameters);
  }

  add({ bytes, offsets, rows }: RowChunk): void {
    const place = new RowColumns(this.columns.length);
    for (let row = 0; row < rows; row++) {
      place.locate(bytes, offsets[row]!, offsets[row + 1]!);
      for (const [at, values] of this.#values.entries()) values.push(textOf(place, at));
    }
    this.rows += rows;
  }

  /** Throws `subqueryRows` for more rows than there may be. */
  sql({ form, comparedWith }: WriteRead): string {
    switch (form) {
      case 'exists':
        return `(${this.rows > 0})`;
      case 'value':
        if (this.rows > 1) throw new PgError(errors.subqueryRows);
        return this.#isPlain ? this.#literal(0, this.#values[0]![0] ?? null) : this.#query();
      case 'array':
        // Of several columns there is none, as PostgreSQL says of the client's text.
        return this.#isPlain ? `(${this.#array(0)})` : this.#query();
      case 'constructor':
        return this.#isPlain ? `(${this.#array(0)})` : `ARRAY(${this.#query()})`;
      case 'list':
        return this.#isListed(comparedWith) ? this.#list() : this.#query();
      case 'rows':
        return this.#query();
    }
  }

  get #isPlain(): boolean {
    return this.columns.length === 1 && (this.collations[0] ?? '') === '';
  }

  #isListed(comparedWith: number): boolean {
    if (!this.#isPlain || this.rows === 0 || this.rows > listMax) return false;
    const own = this.columns[0]!.typeOid;
    if (own === comparedWith) return true;
    return listedTogether.some(types => types.includes(own) && types.includes(comparedWith));
  }

  #list(): string {
    return this.#values[0]!.map(value => this.#literal(0, value)).join(', ');
  }

  /** A query of constants, its columns as they were called. */
  #query(): string {
    const { columns } = this;
    if (columns.length === 0) return `SELECT FROM pg_catalog.generate_series(1, ${this.rows})`;
    const items = (expression: (at: number) => string) =>
      columns.map(({ name }, at) => `${expression(at)}${this.#as(at)} AS ${quoteName(name)}`);
    if (this.rows <= 1) {
      const one = items(at => this.#literal(at, this.#values[at]![0] ?? null)).join(', ');
      return `SELECT ${one}${this.rows === 0 ? ' WHERE false' : ''}`;
    }
    const sets = columns.map((_, at) => `pg_catalog.unnest(${this.#array(at)})`);
    if (columns.length === 1) return `SELECT ${items(at => sets[at]!).join('')}`;
    const names = columns.map((_, at) => `c${at}`).join(', ');
    const shown = items(at => `r.c${at}`).join(', ');
    return `SELECT ${shown} FROM ROWS FROM (${sets.join(', ')}) AS r (${names})`;
  }

  /** The modifier of the type, and the collation. */
  #as(at: number): string {
    const { typeOid: oid, typeModifier } = this.columns[at]!;
    const modifier = modifierOf(oid, typeModifier);
    const cast = modifier === '' ? '' : `::${sqlType(oid)}${modifier}`;
    return `${cast}${this.collations[at] ?? ''}`;
  }

  #literal(at: number, value: Value): string {
    const text = value === null ? 'NULL' : quoteLiteral(value);
    return `${text}::${sqlType(this.columns[at]!.typeOid)}`;
  }

  #array(at: number): string {
    const isBare = this.rows <= keysMax;
    const elements = this.#values[at]!.map(value => elementOf(value, isBare)).join();
    return `${quoteLiteral(`{${elements}}`)}::${sqlType(this.columns[at]!.typeOid)}[]`;
  }
}

function requireExact(
  { typeOid: oid }: ColumnDescription,
  parameters: ReadonlyMap<string, string>,
): void {
  const setting = settingOf(oid);
  if (setting === 'none') return;
  if (setting === 'unknown') {
    refuseValues(oid < firstUserOid ? `of type ${typeName(oid)}` : 'of a type that users made');
  }
  const [name, otherwise, exact] = setting;
  const value = parameters.get(name) ?? otherwise;
  if (!exact.test(value)) refuseValues(`of type ${typeName(oid)} with ${name} "${value}"`);
}

type Setting = readonly [name: string, otherwise: string, exact: RegExp];

/** By which the text of a type is read back as the same value. */
function settingOf(oid: number): Setting | 'none' | 'unknown' {
  if (textTypes.includes(oid)) return ['client_encoding', 'UTF8', /^(utf-?8|unicode)$/i];
  if (datedTypes.includes(oid)) return ['DateStyle', 'ISO', /^ISO/];
  if (oid === typeOid.interval) return ['IntervalStyle', 'postgres', /^postgres$/];
  return plainTypes.includes(oid) || floatTypes.includes(oid) ? 'none' : 'unknown';
}

function refuseValues(what: string): never {
  const construct = `a subquery ${what} in a write that reads other shards`;
  throw new PgError(errors.unsupportedAcrossShards, { construct });
}

function textOf(place: RowColumns, column: number): Value {
  if (place.isNull(column)) return null;
  const { bytes, starts, ends } = place;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('utf8', starts[column], ends[column]);
}

function sqlType(oid: number): string {
  return `pg_catalog.${internalName(oid)!}`;
}

/** `(10,2)` as the types' typmodout functions have it. */
function modifierOf(oid: number, modifier: number): string {
  if (modifier < 0) return '';
  if (oid === typeOid.varchar || oid === typeOid.bpchar) return `(${modifier - 4})`;
  if (oid === typeOid.numeric) {
    const scale = ((modifier - 4) & 0x7ff) ^ 1024;
    return `(${((modifier - 4) >> 16) & 0xffff},${scale - 1024})`;
  }
  if (oid === typeOid.interval) {
    // Fields, and digits where these are limited (intervaltypmodin, timestamp.c).
    const [fields, digits] = [(modifier >> 16) & 0x7fff, modifier & 0xffff];
    return digits === 0xffff ? `(${fields})` : `(${fields},${digits})`;
  }
  return datedTypes.includes(oid) ? `(${modifier})` : '';
}

/** `isBare`: where array_in (arrayfuncs.c) reads it as it is, for keys to be seen in it. */
function elementOf(value: Value, isBare: boolean): string {
  if (value === null) return 'NULL';
  if (isBare && /^[\w.+:-]+$/.test(value) && value.toLowerCase() !== 'null') return value;
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
