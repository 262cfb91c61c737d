// Messages PgPack writes to clients, read back by an independent reader.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errors } from '../../src/common/error-catalogue.ts';
import { PgError } from '../../src/common/pg-error.ts';
import {
  backendKeyData,
  commandComplete,
  dataRow,
  errorResponse,
  negotiateProtocolVersion,
  noticeResponse,
  parameterDescription,
  parameterStatus,
  readyForQuery,
} from '../../src/protocol/backend-messages.ts';
import { ByteWriter } from '../../src/protocol/byte-writer.ts';
import { readRowDescription, rowDescription } from '../../src/protocol/row-description.ts';
import { ServerError, withSeverity } from '../../src/protocol/server-error.ts';
import { fieldsOf } from '../support/raw-client.ts';

/** Type and body; the length word is asserted. */
function opened(bytes: Buffer): { type: string; body: Buffer } {
  assert.equal(bytes.readInt32BE(1), bytes.length - 1);
  return { type: String.fromCharCode(bytes[0]!), body: bytes.subarray(5) };
}

test('every message has its type and its length', () => {
  assert.deepEqual(opened(readyForQuery(0x54)), { type: 'Z', body: Buffer.from('T') });
  assert.deepEqual(opened(commandComplete('SELECT 1')), {
    type: 'C',
    body: Buffer.from('SELECT 1\0'),
  });
  assert.deepEqual(opened(parameterStatus('a', 'ü')), { type: 'S', body: Buffer.from('a\0ü\0') });
  assert.deepEqual(opened(parameterDescription([25, 4_000_000_000])), {
    type: 't',
    body: Buffer.from('000200000019ee6b2800', 'hex'),
  });
  assert.deepEqual(opened(backendKeyData(258, Buffer.from([9, 8, 7, 6]))), {
    type: 'K',
    body: Buffer.from('0000010209080706', 'hex'),
  });
  assert.deepEqual(opened(negotiateProtocolVersion(2, ['_pq_.a'])), {
    type: 'v',
    body: Buffer.concat([Buffer.from('0003000200000001', 'hex'), Buffer.from('_pq_.a\0')]),
  });
  assert.deepEqual(opened(dataRow(['é', null, ''])), {
    type: 'D',
    body: Buffer.from('000300000002c3a9ffffffff00000000', 'hex'),
  });
});

test('an error has every field it was given', () => {
  const error = new PgError(
    errors.databaseMissing,
    { database: 'x' },
    { detail: 'd', hint: 'h', position: 3 },
  );
  const { type, body } = opened(errorResponse(error));
  assert.equal(type, 'E');
  assert.deepEqual(fieldsOf(body), [
    ['S', 'FATAL'],
    ['V', 'FATAL'],
    ['C', '3D000'],
    ['M', 'database "x" does not exist'],
    ['D', 'd'],
    ['H', 'h'],
    ['P', '3'],
    ['R', 'databaseMissing'],
  ]);
  assert.equal(body.at(-1), 0);
  assert.equal(opened(noticeResponse('WARNING', '25P01', 'm')).type, 'N');
});

test('a server error keeps its bytes, and another severity changes nothing else', () => {
  const response = errorResponse(new PgError(errors.keyOutOfRange, { type: 't', value: 'v' }));
  const error = new ServerError(response);
  assert.equal(error.sqlstate, '22003');
  assert.equal(error.severity, 'ERROR');
  assert.equal(error.response, response);
  const fatal = new ServerError(withSeverity(response, 'FATAL'));
  assert.deepEqual(
    [fatal.severity, fatal.sqlstate, fatal.message],
    ['FATAL', '22003', error.message],
  );
});

test('a row description comes back as it was written', () => {
  const column = {
    tableOid: 4_000_000_000,
    columnNumber: -1,
    typeOid: 23,
    typeSize: -1,
    typeModifier: 20,
  };
  const columns = [
    { ...column, name: 'ä', format: 0 as const },
    { ...column, name: '', format: 1 as const },
  ];
  assert.deepEqual(readRowDescription(rowDescription(columns)), columns);
  assert.deepEqual(readRowDescription(rowDescription([])), []);
});

test('a writer grows as needed and starts anew after take', () => {
  const writer = new ByteWriter(1);
  const first = writer.begin(0x51).text('ä'.repeat(5_000)).byte(0).end().take();
  const second = writer.begin(0x53).end().take();
  assert.equal(opened(first).body.length, 10_001);
  assert.deepEqual(second, Buffer.from([0x53, 0, 0, 0, 4]));
});
