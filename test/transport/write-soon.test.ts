// Pieces of an answer that wait for each other: in their order whatever is written among them, and
// sent by themselves when nothing comes behind them.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { Transport } from '../../src/transport/transport.ts';

let listener: net.Server;
let transport: Transport;
let peer: net.Socket;

before(async () => {
  listener = net.createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as net.AddressInfo;
  const accepted = once(listener, 'connection');
  transport = await Transport.connect({ host: '127.0.0.1', port }, 10_000);
  transport.receiver = { onBytes() {}, onDrain() {}, onClose() {} };
  [peer] = (await accepted) as [net.Socket];
});

after(() => {
  transport.destroy();
  peer.destroy();
  listener.close();
});

async function received(length: number): Promise<string> {
  let text = '';
  while (text.length < length) {
    const [chunk] = (await once(peer, 'data')) as [Buffer];
    text += chunk.toString('latin1');
  }
  return text;
}

function soon(text: string): boolean {
  return transport.writeSoon(Buffer.from(text));
}

test('small pieces wait for the next write and leave with it', async () => {
  const before = transport.bytesWritten;
  assert.equal(soon('one '), true);
  assert.equal(soon('two '), true);
  assert.equal(transport.bytesWritten, before);
  transport.write(Buffer.from('three'));
  assert.equal(transport.bytesWritten, before + 13);
  assert.equal(await received(13), 'one two three');
});

test('they leave when whoever wrote them goes on by promises no more', async () => {
  const before = transport.bytesWritten;
  soon('a');
  await null;
  soon('b');
  assert.equal(transport.bytesWritten, before);
  assert.equal(await received(2), 'ab');
});

test('a large piece goes at once, behind what waits', async () => {
  const large = 'x'.repeat(20_000);
  soon('first ');
  soon(large);
  assert.equal(await received(20_006), `first ${large}`);
  soon('second ');
  transport.write(Buffer.from(large));
  assert.equal(await received(20_007), `second ${large}`);
});

test('more of them than are put together keep their order', async () => {
  const pieces = Array.from({ length: 500 }, (_, i) => `${i}:${'y'.repeat(i % 90)};`);
  for (const piece of pieces) soon(piece);
  const all = pieces.join('');
  assert.equal(await received(all.length), all);
});

test('the end of the connection sends what waits', async () => {
  soon('good ');
  transport.end(Buffer.from('bye'));
  assert.equal(await received(8), 'good bye');
});
