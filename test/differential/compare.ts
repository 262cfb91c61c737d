// Whether PgPack's answer is the oracle's. What may differ: OIDs of types that CREATE TYPE made,
// order where the statement does not determine it, and what a refusal says.

import type { Case } from './case-file.ts';
import type { Answer, Column, Exchange, ServerFault } from './wire-client.ts';

/** First OID that initdb does not give (access/transam.h, FirstNormalObjectId). */
const firstOidOfUsers = 16_384;

/** True: refused by PgPack, as opposed to a 0A000 of the server itself. */
export function isRefusal(exchanges: readonly Exchange[]): boolean {
  return exchanges.some(exchange =>
    exchange.answers.some(({ error }) => error?.C === '0A000' && error.F === undefined),
  );
}

/** null: alike. */
export function difference(
  got: readonly Exchange[],
  expected: readonly Exchange[],
  one: Case,
): string | null {
  const a = got.flatMap(exchange => describeExchange(exchange, one));
  const b = expected.flatMap(exchange => describeExchange(exchange, one));
  for (let line = 0; line < Math.max(a.length, b.length); line++) {
    if (a[line] !== b[line]) {
      return `got      ${a[line] ?? 'nothing more'}\n  expected ${b[line] ?? 'nothing more'}`;
    }
  }
  return null;
}

function describeExchange(exchange: Exchange, one: Case): string[] {
  const parameters = exchange.parameterTypes?.map(shownType).join(',');
  return [
    ...(parameters === undefined ? [] : [`parameters ${parameters}`]),
    ...assembled(exchange.answers).flatMap(answer => describeAnswer(answer, one)),
    `status ${exchange.status}`,
  ];
}

/** Pieces of one portal as one answer whose tag tells how many rows each piece had. */
function assembled(answers: readonly Answer[]): readonly Answer[] {
  const [first] = answers;
  if (first?.tag !== 'suspended') return answers;
  const error = answers.find(answer => answer.error !== null)?.error ?? null;
  const tag = answers.map(({ rows, tag: own }) => `${rows.length} ${own}`).join(', ');
  return [{ ...first, rows: answers.flatMap(answer => answer.rows), error, tag }];
}

function describeAnswer(answer: Answer, one: Case): string[] {
  const lines: string[] = [];
  // PostgreSQL describes the rows before it finds a LIMIT below zero; here it is found before.
  if (answer.columns !== null && answer.error === null) {
    lines.push(`columns ${answer.columns.map(shownColumn).join(' | ')}`);
  }
  // Rows before an error are whatever had arrived by then.
  if (answer.error === null) {
    lines.push(...rowLines(one.about ? aboutRows(answer) : rowsOf(answer), one));
  }
  // As rows before an error.
  if (answer.copyFormat !== null && answer.error === null) {
    lines.push(`copy format ${answer.copyFormat}`, ...copiedLines(answer.copied, one));
  }
  if (answer.error !== null) lines.push(`error ${shownError(answer.error, one)}`);
  else lines.push(`tag ${answer.tag}`);
  return lines;
}

function shownType(oid: number): string {
  return oid >= firstOidOfUsers ? 'user' : String(oid);
}

function shownColumn({ name, typeOid, typeSize, typeModifier, format }: Column): string {
  return `${name}:${shownType(typeOid)}:${typeSize}:${typeModifier}:${format}`;
}

function shownError(fault: ServerFault, { messages }: Case): string {
  const { V = '', C = '', M = '', D = '', P = '' } = fault;
  if (!messages) return `${V} ${C}`;
  return `${V} ${C} ${M}${D === '' ? '' : ` (${D})`}${P === '' ? '' : ` at ${P}`}`;
}

function rowLines(rows: readonly (string | null)[][], { compare, ordered }: Case): string[] {
  if (compare === 'count') return [`${rows.length} rows`];
  const shown = rows.map(row => `row ${JSON.stringify(row)}`);
  if (ordered === null) return shown;
  const keys = rows.map(row => `key ${JSON.stringify(ordered.map(column => row[column] ?? null))}`);
  return [...(ordered.length > 0 ? keys : []), ...shown.sort()];
}

/** Binary arrays of types that CREATE TYPE made without the OID of their elements (array_send). */
function rowsOf({ rows, columns }: Answer): readonly (string | null)[][] {
  const isUsers = columns?.map(
    ({ typeOid, format }) => format === 1 && shownType(typeOid) === 'user',
  );
  if (!isUsers?.includes(true)) return rows;
  return rows.map(row => row.map((value, at) => (isUsers[at] ? withoutElement(value) : value)));
}

function withoutElement(value: string | null): string | null {
  if (value === null || value.length < 24) return value;
  const [dimensions, hasNulls, element] = [0, 8, 16].map(at =>
    Number.parseInt(value.slice(at, at + 8), 16),
  );
  const isArray = dimensions! <= 6 && hasNulls! <= 1 && shownType(element!) === 'user';
  return isArray ? `${value.slice(0, 16)}user${value.slice(24)}` : value;
}

/** float4 and float8 with as many digits as sums in any order agree on. */
function aboutRows({ rows, columns }: Answer): (string | null)[][] {
  return rows.map(row =>
    row.map((value, index) => {
      const { typeOid = 0, format = 0 } = columns?.[index] ?? {};
      if (value === null || (typeOid !== 700 && typeOid !== 701)) return value;
      const bytes = Buffer.from(value, 'hex');
      const binary = (): number => (typeOid === 700 ? bytes.readFloatBE() : bytes.readDoubleBE());
      const number = format === 1 ? binary() : Number(value);
      return Math.abs(number) < 1e-9 ? '0' : number.toPrecision(typeOid === 700 ? 5 : 9);
    }),
  );
}

const binaryHeader = 'PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0';

/** Text lines as a multiset; one message of binary COPY is one row too. A header stays first. */
function copiedLines(copied: readonly Buffer[], { ordered, compare, sql }: Case): string[] {
  if (compare === 'count') return [`${copied.length} messages`];
  const messages = copied.map(one => one.toString('latin1'));
  const [first = ''] = messages;
  const isBinary = first.startsWith(binaryHeader);
  if (isBinary) messages.splice(0, 1, binaryHeader, first.slice(binaryHeader.length));
  const lines = messages.map(one => `copied ${JSON.stringify(one)}`);
  if (ordered === null) return lines;
  const fixed = isBinary || /\bheader\b(?! false)/i.test(sql) ? 1 : 0;
  return [...lines.slice(0, fixed), ...lines.slice(fixed).sort()];
}
