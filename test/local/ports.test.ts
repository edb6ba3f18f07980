import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { assertPortFree, freePort } from '../../src/local/ports.ts';
import { LocalSetupError } from '../../src/local/setup-error.ts';

async function listenOn(host: string): Promise<number> {
  const port = await freePort();
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return port;
}

test('a free port is free', async () => {
  await expect(assertPortFree(await freePort(), 'HTTP', 'PORT')).resolves.toBeUndefined();
});

test.each(['127.0.0.1', '0.0.0.0'])('a port in use on %s is said in a sentence that helps', async (host) => {
  const port = await listenOn(host);
  await expect(assertPortFree(port, 'HTTP', 'PORT')).rejects.toThrow(
    new LocalSetupError(`Port ${port} (HTTP) is in use: stop what listens there or set PORT to another one`),
  );
});
