// A statement in the making: its text with `$n`, and the values of its parameters, as the planner
// and the Bind message get them, or written into the text for PostgreSQL.

export interface Parameter {
  readonly text: string | null;
  /** As declared in Parse; 0: PostgreSQL infers the type, as it does of a quoted constant. */
  readonly oid: number;
}

const typeNames: Readonly<Record<number, string>> = {
  ...{ 20: 'int8', 21: 'int2', 23: 'int4', 25: 'text', 1043: 'varchar', 2950: 'uuid' },
  ...{ 1700: 'numeric', 1184: 'timestamptz', 1082: 'date', 1016: 'int8[]', 1005: 'int2[]' },
  ...{ 1007: 'int4[]', 1009: 'text[]', 1015: 'varchar[]', 2951: 'uuid[]', 1231: 'numeric[]' },
  ...{ 1185: 'timestamptz[]', 1182: 'date[]', 701: 'float8', 16: 'bool', 1042: 'bpchar' },
  ...{ 17: 'bytea', 869: 'inet', 1186: 'interval', 1022: 'float8[]', 1000: 'bool[]' },
  ...{ 1014: 'bpchar[]', 1001: 'bytea[]', 1041: 'inet[]', 1187: 'interval[]' },
};

export class Draft {
  readonly parameters: Parameter[] = [];
  #aliases = 0;

  parameter(text: string | null, oid: number): string {
    this.parameters.push({ text, oid });
    return `$${this.parameters.length}`;
  }

  alias(): string {
    this.#aliases += 1;
    return `x${this.#aliases}`;
  }

  /** With each parameter as a quoted constant. */
  inlined(sql: string): string {
    return sql.replace(/(?<![\w$])\$(\d+)/g, (_, number: string) => {
      const { text, oid } = this.parameters[Number(number) - 1]!;
      const constant = text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`;
      return oid === 0 ? constant : `${constant}::${typeNames[oid]}`;
    });
  }
}
