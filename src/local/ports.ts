import { once } from 'node:events';
import { createServer } from 'node:net';
import { LocalSetupError, systemErrorCode } from './setup-error.ts';

/** Local servers listen here only: nothing on the network needs them. */
export const LOOPBACK = '127.0.0.1';

/**
 * A port on the loopback address that nothing listens on. Another process may still take it before it is used,
 * so whoever starts a server on it must be ready to try once more.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
  return address.port;
}

/**
 * Checks that a server could listen on this port now.
 *
 * @param what the server that wants the port, for the message: `Temporal Web UI`
 * @param setting the setting that chooses the port, if there is one: `PORT`
 * @throws LocalSetupError when something listens there, or when this user may not open the port
 */
export async function assertPortFree(port: number, what: string, setting?: string): Promise<void> {
  const another = setting === undefined ? 'choose another one' : `set ${setting} to another one`;
  // Both: on some systems a listener on every address does not keep another from binding only the loopback.
  for (const host of [LOOPBACK, undefined]) {
    const code = await bindError(port, host);
    if (code === 'EADDRINUSE') {
      throw new LocalSetupError(`Port ${port} (${what}) is in use: stop what listens there or ${another}`);
    }
    if (code === 'EACCES') {
      throw new LocalSetupError(
        `Port ${port} (${what}) may not be opened by this user: ${another}, above 1023`,
      );
    }
  }
}

async function bindError(port: number, host: string | undefined): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen({ port, host, exclusive: true });
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return systemErrorCode(error) ?? 'UNKNOWN';
  } finally {
    server.close();
  }
}
