import { afterAll, beforeAll, expect, test } from 'vitest';
import { CodexAppServer, type CodexHome, codexExec, codexHome } from '../support/codex-cli.ts';
import { bank, use } from '../support/resets.ts';
import { seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

/** The first run on a machine fetches the client. */
const PATIENCE = 300_000;

let server: TestServer;
let home: CodexHome;
beforeAll(async () => {
  server = await openTestServer({ jwt: { trustUnsigned: true }, parts: { demoModel: true } });
  // The client has a clock of its own.
  server.time.now = new Date();
  const at = server.time.now.toISOString();
  await seedAccount(server.ledger, 'ada', { at });
  await use(server.ledger, 'ada', '24', at);
  await bank(server.ledger, 'ada', { at });
  home = await codexHome(server.baseUrl, 'ada');
}, PATIENCE);
afterAll(async () => {
  await home.remove();
  await server.close();
});

test('codex exec works, hits the limit, shows the offer, and works again once a reset is redeemed', {
  timeout: PATIENCE,
}, async () => {
  // The last unit of the 5-hour window.
  const answered = await codexExec(home, 'say hello');
  expect(answered.output).toContain('This is a demonstration: no model was asked.');
  expect(answered.ok).toBe(true);

  const stopped = await codexExec(home, 'say hello again');
  expect(stopped.output).toMatch(
    /You’ve hit your usage limit\. Redeem your banked reset with \/usage, add credits at https:\/\/boon\.example\/credits\?account=ada&ticket=\S+, or try again at/,
  );
  expect(stopped.output).not.toContain('This is a demonstration');
  expect(stopped.ok).toBe(false);

  const client = await CodexAppServer.start(home);
  try {
    expect(await client.request('account/rateLimitResetCredit/consume', { idempotencyKey: 'go-on' })).toEqual(
      { outcome: 'reset' },
    );
  } finally {
    await client.stop();
  }

  const again = await codexExec(home, 'and again');
  expect([again.ok, again.output.includes('This is a demonstration')]).toEqual([true, true]);
  const { data } = await server.ledger.listUsage('ada', { limit: 10 });
  expect(data.map(({ units }) => units)).toEqual(['1', '1', '24']);
});
