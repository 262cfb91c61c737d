// The least a proxy in Node.js can do: each client has a server connection of its own, and bytes go
// to the other side as they come, past node:stream. It knows nothing of the protocol. What it costs
// is the floor under every figure of PgPack where queries do not share reads and writes.
//
//   node bench/bare-relay.ts LISTEN-PORT SERVER-PORT

import net from 'node:net';
import { Transport } from '../src/transport/transport.ts';

const host = '127.0.0.1';
const [port, serverPort] = process.argv.slice(2).map(Number) as [number, number];

net
  .createServer({ pauseOnConnect: true }, async socket => {
    const server = await Transport.connect({ host, port: serverPort }, 5_000);
    const client = Transport.accepted(socket);
    relay(client, server);
    relay(server, client);
  })
  .listen(port, host);

/** `pgbench -S` never has more on its way than the kernel takes: no backpressure here. */
function relay(from: Transport, to: Transport): void {
  from.receiver = {
    onBytes(buffer, length) {
      const taken = to.write(buffer.subarray(0, length));
      if (!taken) from.keepReadBuffer();
    },
    onDrain() {},
    onClose: () => to.destroy(),
  };
}
