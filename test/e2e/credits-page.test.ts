/** Somebody at a limit with nothing but a browser: from the link of the refusal to credits in the balance. */
import { randomBytes } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../src/local/ports.ts';
import { createCreditsLink } from '../../src/payments/credits-link.ts';
import { createDemoPayments } from '../../src/payments/demo-payments.ts';
import { startChromium } from '../support/chromium.ts';
import { use } from '../support/resets.ts';
import { seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

let browser: Browser;
let server: TestServer;
let page: Page;
let people = 0;
let ada = '';

beforeAll(async () => {
  // Links are followed as they stand, so they must name the very port that is listened on.
  const port = await freePort();
  const own = { encryptionKey: randomBytes(32), publicUrl: `http://127.0.0.1:${port}` };
  const demoPayments = createDemoPayments(own);
  const parts = { payments: demoPayments, demoPayments, creditsLink: createCreditsLink(own) };
  [server, browser] = await Promise.all([openTestServer({ port, parts }), startChromium()]);
  server.time.now = new Date();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  people += 1;
  ada = `ada-${people}`;
  await seedAccount(server.ledger, ada, { at: server.time.now.toISOString() });
  const context = await browser.newContext({ javaScriptEnabled: people % 2 === 0 });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
});

const record = () =>
  server.send('POST', '/v1/usage', { body: { account_id: ada, product: 'codex', units: '1', id: 'one' } });
const available = async () => (await server.send('GET', `/v1/accounts/${ada}/balance`)).json.available;

/** Uses the plan's window up, and opens the link of the refusal. */
async function openLink(): Promise<void> {
  await use(server.ledger, ada, '25', server.time.now.toISOString());
  const refused = await record();
  expect(refused.status).toBe(429);
  await page.goto(String(refused.json.add_credits_url));
}

test('a package is bought and paid by two clicks, without JavaScript, and the use goes on', async () => {
  await openLink();
  await page.getByRole('button', { name: 'Buy 100 credits for 4.00 USD' }).click();
  await page.getByText('This is a demonstration: no money moves.').waitFor();
  await page.getByRole('button', { name: 'Pay 4.00 USD' }).click();
  await page.getByRole('heading', { name: 'Thank you' }).waitFor();
  expect(await page.getByRole('status').textContent()).toBe('4.00 USD are paid, and 100 credits are yours.');
  expect(await available()).toBe('100');
  expect((await record()).status).toBe(200);
  await page.getByRole('link', { name: 'Buy more' }).click();
  await page.getByRole('button', { name: 'Buy 1 banked reset for 5.00 USD' }).waitFor();
});

test('one that is left unpaid can be gone on with, and one that is declined costs nothing', async () => {
  const blocked: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && blocked.push(message.text())));
  await openLink();
  await page.getByRole('button', { name: 'Buy 100 credits' }).click();
  await page.getByRole('link', { name: 'Back without paying' }).click();
  await page.getByRole('heading', { name: 'Not paid yet' }).waitFor();
  await page.getByRole('link', { name: 'go on to the payment' }).click();
  await page.getByRole('button', { name: 'Decline' }).click();
  await page.getByRole('heading', { name: 'Not paid', exact: true }).waitFor();
  expect(await page.getByRole('status').textContent()).toContain('the payment was declined');
  expect(await available()).toBe('0');
  expect(blocked, 'what the page’s own policy kept the browser from').toEqual([]);
});
