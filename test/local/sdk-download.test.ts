import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { downloadBySdk } from '../../src/local/sdk-download.ts';
import { scratchFolder } from './support/scratch.ts';

/** A proxy that takes connections and never says anything: what a firewall that drops packets looks like. */
async function silentProxy(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

test('a download that nothing comes of is given up', { timeout: 60_000 }, async () => {
  const proxy = await silentProxy();
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY']) vi.stubEnv(name, proxy);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const began = performance.now();
  expect(await downloadBySdk('dev-server', 'v1.5.1', scratchFolder(), 1_500)).toBeUndefined();
  expect(performance.now() - began).toBeGreaterThan(1_400);
});
