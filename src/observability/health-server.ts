/** `/healthz`, `/readyz` and `/metrics` of a process that serves no API: the worker. */
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Not imported: an import of it makes Node load its client too. */
const { createServer } = process.getBuiltinModule('node:http');

export type HealthServerOptions = {
  /** 0 takes a free port. */
  port: number;
  host: string;
  /** What `/readyz` answers, with 200 when `ready` and 503 when not. `/healthz` asks nobody. */
  readiness: () => Promise<{ ready: boolean } & Record<string, unknown>>;
  /** Text in the form that Prometheus reads. */
  metrics: () => Promise<string>;
};

/** Starts the server. @returns the port, and what ends it. */
export async function startHealthServer(
  options: HealthServerOptions,
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    answer(options, request.url ?? '/', response).catch((error) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
    });
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

async function answer(options: HealthServerOptions, url: string, response: ServerResponse): Promise<void> {
  switch (url.split('?', 1)[0]) {
    case '/healthz':
      return json(response, 200, { status: 'ok' });
    case '/readyz': {
      const state = await options.readiness();
      return json(response, state.ready ? 200 : 503, state);
    }
    case '/metrics':
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(await options.metrics());
      return;
    default:
      return json(response, 404, { error: 'Only /healthz, /readyz and /metrics are here.' });
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
