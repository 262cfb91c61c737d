// The metrics over HTTP: GET /metrics. It has a port of its own and knows nothing but how to get
// the text.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openMetricsType } from './open-metrics.ts';

export class MetricsEndpoint {
  readonly #server: Server;

  /** `text` is asked for each time. */
  constructor(text: () => Promise<string>) {
    this.#server = createServer((request, response) => {
      answer(request, response, text).catch(error => {
        response.statusCode = 500;
        response.end(`${(error as Error).message}\n`);
      });
    });
  }

  /** Resolves with the port; rejects when it cannot be listened on. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.removeListener('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  text: () => Promise<string>,
): Promise<void> {
  const [path] = (request.url ?? '').split('?');
  if (path !== '/metrics') {
    response.statusCode = 404;
    response.end('The metrics are at /metrics.\n');
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
  } else {
    const body = await text();
    response.setHeader('content-type', openMetricsType);
    response.end(request.method === 'HEAD' ? undefined : body);
  }
}
