/** A way to a server that can be made to swallow its answers. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type TcpProxy = {
  port: number;
  /**
   * From now on nothing that the server says comes through; what is sent to it still does. With a text: from the
   * first thing on that is sent and holds it.
   */
  swallowAnswers: (from?: string) => void;
  close: () => Promise<void>;
};

/** @param own where it listens; a free port when left out */
export async function tcpProxy(host: string, port: number, own = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let swallows = false;
  let trigger: string | undefined;
  const server = createServer((client) => {
    const upstream = connect(port, host);
    client.on('data', (chunk) => {
      if (trigger !== undefined && chunk.includes(trigger)) swallows = true;
    });
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      if (!swallows) client.write(chunk);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(own, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    swallowAnswers: (from) => {
      if (from === undefined) swallows = true;
      else trigger = from;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
