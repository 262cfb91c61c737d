// Packets without a type byte, with which a connection begins.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cancelRequest, sslRequest, startupMessage } from '../../src/protocol/frontend-messages.ts';
import { readStartupPacket, startupPacketSize } from '../../src/protocol/startup-packet.ts';

const parameters = new Map([
  ['user', 'ä'],
  ['database', 'b'],
  ['options', ''],
]);

test('each kind of packet is read as it was written', () => {
  assert.deepEqual(readStartupPacket(startupMessage(0x30002, parameters)), {
    kind: 'startup',
    minor: 2,
    parameters,
  });
  assert.deepEqual(readStartupPacket(sslRequest()), { kind: 'ssl' });
  assert.deepEqual(readStartupPacket(Buffer.from([0, 0, 0, 8, 4, 210, 22, 48])), { kind: 'gss' });
  for (const bytes of [4, 32, 256]) {
    const secret = Buffer.alloc(bytes, 7);
    const packet = readStartupPacket(cancelRequest(-5, secret));
    assert.deepEqual(packet, { kind: 'cancel', processId: -5, secret });
  }
});

test('the size of a packet is known from its fourth byte on', () => {
  const packet = startupMessage(0x30000, parameters);
  for (let known = 0; known <= packet.length; known++) {
    assert.equal(startupPacketSize(packet.subarray(0, known)), known < 4 ? 0 : packet.length);
  }
});

test("sizes below eight and over PostgreSQL's limit are refused", () => {
  for (const size of [0, 7, -1, 10_001, 2_147_483_647]) {
    const packet = Buffer.alloc(8);
    packet.writeInt32BE(size);
    assert.throws(() => startupPacketSize(packet), { sqlstate: '08P01' });
  }
});

test('a startup packet cut at any byte is refused', () => {
  const packet = startupMessage(0x30000, parameters);
  for (let length = 8; length < packet.length; length++) {
    assert.throws(() => readStartupPacket(packet.subarray(0, length)), { sqlstate: '08P01' });
  }
  const longer = Buffer.concat([packet, Buffer.from([0])]);
  assert.throws(() => readStartupPacket(longer), { sqlstate: '08P01' });
});

test('another major version and a secret of impossible length are refused', () => {
  for (const version of [0x20000, 0x40000, 0]) {
    const packet = startupMessage(version, parameters);
    assert.throws(() => readStartupPacket(packet), { sqlstate: '0A000', severity: 'FATAL' });
  }
  for (const bytes of [0, 3, 257]) {
    const packet = cancelRequest(1, Buffer.alloc(bytes));
    assert.throws(() => readStartupPacket(packet), { sqlstate: '08P01' });
  }
});
