// Parameters of admin commands: which types the client is told, and its values as text.

import { errors } from '../common/error-catalogue.ts';
import { PgError } from '../common/pg-error.ts';
import { type BindMessage, parameterFormat, parameterOffset } from '../protocol/client-frame.ts';
import type { AdminCommand, Operand } from './command.ts';
import { typeOid } from './encode-answer.ts';
import type { ParameterValues } from './filter-rows.ts';

const int8Oid = typeOid('int8');

/** OIDs of `$1`, `$2` …: as declared, else as the columns they are compared with. */
export function parameterTypes(command: AdminCommand, declared: readonly number[]): number[] {
  const found: number[] = [];
  const note = (operand: Operand, oid: number) => {
    if (operand.kind === 'parameter') found[operand.index] ??= oid;
  };
  if (command.kind === 'show') {
    for (const { column, operands } of command.conditions) {
      for (const one of operands) note(one, typeOid(command.view.columns[column]!.type));
    }
    if (command.limit !== null) note(command.limit, int8Oid);
  } else if (command.kind === 'action' && command.action.name === 'killClient') {
    note(command.action.id, int8Oid);
  }
  const count = Math.max(found.length, declared.length);
  return Array.from({ length: count }, (_, i) => declared[i] || found[i] || typeOid('text'));
}

/** Values in the order of `types`. Throws PgError for what cannot be read. */
export function parameterValues(bind: BindMessage, types: readonly number[]): ParameterValues {
  if (bind.parameters !== types.length) {
    const { parameters } = bind;
    const what = `bind message supplies ${parameters} parameters, but ${types.length} are needed`;
    throw new PgError(errors.syntaxError, { what });
  }
  return types.map((oid, index) => {
    const offset = parameterOffset(bind, index);
    const length = bind.buffer.readInt32BE(offset);
    if (length < 0) return null;
    const bytes = bind.buffer.subarray(offset + 4, offset + 4 + length);
    return parameterFormat(bind, index) === 1 ? binaryText(bytes, oid) : bytes.toString('utf8');
  });
}

/** OIDs of catalog/pg_type.dat. */
function binaryText(bytes: Buffer, oid: number): string {
  const sizes: Readonly<Record<number, number>> = { 16: 1, 20: 8, 21: 2, 23: 4, 700: 4, 701: 8 };
  const size = sizes[oid];
  if (size !== undefined && size !== bytes.length) {
    const what = `incorrect binary data format in a parameter of type ${oid}`;
    throw new PgError(errors.invalidBinaryRepresentation, { what });
  }
  switch (oid) {
    case 16:
      return bytes[0] === 1 ? 'true' : 'false';
    case 20:
      return String(bytes.readBigInt64BE());
    case 21:
      return String(bytes.readInt16BE());
    case 23:
      return String(bytes.readInt32BE());
    case 700:
      return String(bytes.readFloatBE());
    case 701:
      return String(bytes.readDoubleBE());
    default:
      return bytes.toString('utf8');
  }
}
