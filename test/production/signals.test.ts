import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openTestLedger } from '../support/test-ledger.ts';
import { runWorker } from '../support/worker-process.ts';

test('SIGTERM during the start is handled, and ends a service at once', async () => {
  const own = await openTestLedger();
  onTestFinished(() => own.close());
  // A Temporal that takes the connection and never answers: the start goes on for as long as it waits.
  const silent = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : undefined;

  const { child } = runWorker({
    DATABASE_URL: own.url,
    BOON_ENCRYPTION_KEY: own.encryptionKey.toString('base64'),
    TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
  });
  await once(silent, 'connection');
  child.kill('SIGTERM');
  const [code, signal] = await once(child, 'exit');
  // Its own exit code, not the system's default action: process 1 has none.
  expect([code, signal]).toEqual([143, null]);
});
