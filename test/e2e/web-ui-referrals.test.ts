/** An operator with nothing but a browser: a referral and a billing month are read and operated in the Temporal Web UI. */
import { Client, Connection } from '@temporalio/client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReferralView } from '../../src/contracts/referrals/referral.schema.ts';
import { startChromium } from '../support/chromium.ts';
import { readableHistory } from '../support/history-file.ts';
import { type OperatorStack, startOperatorStack } from '../support/operator-stack.ts';
import { WebUi } from '../support/web-ui.ts';

const PROGRAM = 'codex-selective';

let boon: OperatorStack;
let browser: Browser;
let ui: WebUi;
/** Reads what Temporal stores, without a key. */
let temporal: Client;
beforeAll(async () => {
  [boon, browser] = await Promise.all([startOperatorStack(), startChromium()]);
  ui = new WebUi(await browser.newPage({ viewport: { width: 1200, height: 900 } }), boon.uiUrl);
  temporal = new Client({ connection: await Connection.connect({ address: boon.temporalAddress }) });
});
afterAll(async () => {
  await temporal?.connection.close();
  await browser?.close();
  await boon?.close();
});

const eventually = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 20_000, interval: 250 });

async function invite(referrer: string, friend: string): Promise<ReferralView> {
  await boon.client.accounts.put(referrer, { plan: 'plus', cohorts: [PROGRAM] });
  const email = `${friend}@example.com`;
  return await boon.client.referrals.create({ program: PROGRAM, referrer_id: referrer, email });
}

test('a month’s cap is raised from three to five', async () => {
  const invited = await invite('ada', 'grace');
  await boon.client.accounts.put('grace', { plan: 'free' });
  await boon.client.referrals.linkUsed(invited.id, { account_id: 'grace' });
  for (const id of ['p1', 'p2', 'p3']) {
    await boon.client.activity.record({
      account_id: 'grace',
      kind: 'prompt',
      at: new Date().toISOString(),
      id,
    });
  }
  await eventually(async () => (await boon.client.referrals.get(invited.id)).status).toBe('rewarded');
  const { month } = await boon.client.referrals.rewardWindow('ada', PROGRAM);
  const raise = `{"program":"${PROGRAM}","cap":5,"reason":"speaker at our conference"}`;
  expect(await ui.sendTo(`reward-window/ada/${month.starts_at.slice(0, 10)}`, 'raiseCap', raise)).toBe(
    'Update successful',
  );
  expect(await boon.client.referrals.rewardWindow('ada', PROGRAM)).toMatchObject({ cap: 5 });
  await ui.openCard();
  // It has a summary and current details, and no details beside.
  const current = ui.page.locator('iframe[title=output]').last().contentFrame().locator('main');
  await eventually(() => current.textContent()).toMatch(new RegExp(`${PROGRAM}: 1 of 5 rewards`));
});

test('what an operator wrote is read in the Web UI, and stands in no history in clear', async () => {
  const invited = await invite('bea', 'hal');
  const workflowId = `referral/${invited.id}`;
  const reason = 'she is my neighbour';
  expect(await ui.sendTo(workflowId, 'cancel', `{"reason":"${reason}"}`)).toBe('Update successful');
  expect(await boon.client.referrals.get(invited.id)).toMatchObject({ status: 'canceled', reason });
  await ui.openWorkflow(workflowId);
  await ui.page.getByText(reason).first().waitFor();
  const stored = readableHistory(await temporal.workflow.getHandle(workflowId).fetchHistory());
  expect(stored).toContain('binary/encrypted');
  expect(stored).not.toContain('neighbour');
  expect(stored).not.toContain('hal@example');
});
