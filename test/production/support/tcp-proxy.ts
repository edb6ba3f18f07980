/** A wire that a test can interrupt: what is sent over it stays on the way until it is repaired. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { LOOPBACK } from '../../../src/local/ports.ts';

export type TcpProxy = {
  /** `host:port` that leads to the target. */
  address: string;
  /** Passes nothing on any more, as a network does that has failed: nobody is refused, nobody is answered. */
  interrupt: () => void;
  /** Drops the connections that hung and passes new ones on. */
  repair: () => void;
  close: () => Promise<void>;
};

export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname: host, port } = new URL(`tcp://${target}`);
  const sockets = new Set<Socket>();
  let interrupted = false;
  const server = createServer((inner) => {
    const outer = connect({ host, port: Number(port) });
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => {
        if (!interrupted) to.write(chunk);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  const dropAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
  return {
    address: `${LOOPBACK}:${address.port}`,
    interrupt: () => {
      interrupted = true;
    },
    repair: () => {
      interrupted = false;
      dropAll();
    },
    async close() {
      server.close();
      dropAll();
      await once(server, 'close');
    },
  };
}
