/**
 * Takes the pictures of docs/operating.md, in a real Chromium, of a Boon that runs for it: `npm run screenshots`.
 */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { campaignWorkflowId } from '../src/contracts/campaigns/campaign.ts';
import type { Transfer } from '../src/contracts/gifts/transfer.schema.ts';
import { referralWorkflowId, rewardWindowWorkflowId } from '../src/contracts/referrals/referral.ts';
import { SCHEDULES } from '../src/contracts/temporal.ts';
import { startChromium } from '../test/support/chromium.ts';
import { type OperatorStack, startOperatorStack } from '../test/support/operator-stack.ts';
import { WebUi } from '../test/support/web-ui.ts';

const FOLDER = join(import.meta.dirname, '../docs/images');
const WIDTH = 1300;
/** The bar at the top of every page covers what is scrolled under it. */
const BELOW_BAR = 70;
/** Pictures travel with the repository. */
const MOST_BYTES = 200_000;

type Cast = { pending: Transfer; held: Transfer; suspicious: Transfer; settled: Transfer };

/** Workflow ids. */
type PlayedReferrals = { joined: string; refused: string; window: string; campaign: string };

await mkdir(FOLDER, { recursive: true });
const [boon, browser] = await Promise.all([startOperatorStack(), startChromium()]);
try {
  const cast = await play(boon);
  const ui = new WebUi(await browser.newPage(), boon.uiUrl);
  await list(ui);
  await gifts(ui, cast);
  await updates(ui, cast);
  await referralsAndCampaign(ui, await playReferrals(boon));
  await schedules(ui);
} finally {
  await browser.close();
  await boon.close();
}

/** Gifts in every state that an operator meets. */
async function play({ seed, client, quick }: OperatorStack): Promise<Cast> {
  for (const id of ['user_ada', 'user_linus']) await seed(id, { credits: '200' });
  await seed('user_mallory', { credits: '900', daysOld: 10 });
  for (const id of ['user_grace', 'user_hedy', 'user_katherine']) await seed(id);
  const give = (from: string, to: string, amount: string, by = client) =>
    by.transfers.create({ from, to: { account_id: to }, amount });

  const settled = await give('user_ada', 'user_grace', '12.5', quick);
  await give('user_linus', 'user_hedy', '5', quick);
  const canceled = await give('user_linus', 'user_grace', '20');
  await client.transfers.cancel(canceled.id, { reason: 'changed my mind' });
  const rejected = await give('user_linus', 'user_katherine', '15');
  await client.transfers.reject(rejected.id, { reason: 'stolen card' });
  await client.transfers.create({ from: 'user_ada', to: { email: 'friend@example.com' }, amount: '10' });
  const suspicious = await give('user_mallory', 'user_hedy', '600');
  const held = await give('user_ada', 'user_katherine', '40');
  await client.transfers.hold(held.id, { reason: 'looks like resale' });
  const pending = await give('user_ada', 'user_hedy', '25');
  while ((await client.transfers.get(settled.id)).status !== 'settled') await pause(200);
  return { pending, held, suspicious, settled };
}

/** A referral that waits for prompts, one that was refused, a month with a reward, and a campaign. */
async function playReferrals({ client }: OperatorStack): Promise<PlayedReferrals> {
  const program = 'codex-selective';
  await client.accounts.put('user_ada', { plan: 'plus', cohorts: [program] });
  await client.accounts.put('user_back', { plan: 'free', created_at: '2025-01-01T00:00:00Z' });
  const last_active_at = new Date(Date.now() - 30 * 86_400_000).toISOString();
  await client.accounts.put('user_active', {
    plan: 'free',
    created_at: '2025-01-01T00:00:00Z',
    last_active_at,
  });
  const refer = async (friend: string, prompts: number) => {
    const email = `${friend}@example.com`;
    const { id } = await client.referrals.create({ program, referrer_id: 'user_ada', email });
    const used = await client.referrals.linkUsed(id, { account_id: friend });
    for (let prompt = 1; used.status === 'joined' && prompt <= prompts; prompt += 1) {
      const at = new Date().toISOString();
      await client.activity.record({ id: `${friend}-${prompt}`, account_id: friend, kind: 'prompt', at });
    }
    return id;
  };
  await client.accounts.put('user_mary', { plan: 'free' });
  const rewarded = await refer('user_mary', 3);
  while ((await client.referrals.get(rewarded)).status !== 'rewarded') await pause(200);
  const joined = await refer('user_back', 1);
  const refused = await refer('user_active', 0);
  const { month } = await client.referrals.rewardWindow('user_ada', program);
  const reason = 'outage of 31 October';
  const campaign = await client.campaigns.create({
    kind: 'grant_reset',
    filter: { plans: ['plus'] },
    reason,
  });
  while ((await client.campaigns.get(campaign.id)).status !== 'completed') await pause(200);
  return {
    joined: referralWorkflowId(joined),
    refused: referralWorkflowId(refused),
    window: rewardWindowWorkflowId('user_ada', month.starts_at.slice(0, 10)),
    campaign: campaignWorkflowId(campaign.id),
  };
}

async function referralsAndCampaign(
  ui: WebUi,
  { joined, refused, window, campaign }: PlayedReferrals,
): Promise<void> {
  for (const [name, id] of [
    ['referral-joined', joined],
    ['referral-refused', refused],
    ['campaign-completed', campaign],
  ] as const) {
    await ui.openWorkflow(id);
    await ui.openCard();
    await picture(ui, name, 820);
  }
  await ui.openWorkflow(window);
  await ui.openForm();
  await ui.fillForm('raiseCap', '{"program":"codex-selective","cap":5,"reason":"a good month","by":"mia"}');
  await ui.page.keyboard.press('Tab');
  await picture(ui, 'reward-window-raise-cap', 820);
}

async function list(ui: WebUi): Promise<void> {
  await ui.search('BoonProgram="gift"');
  await ui.changeColumns({
    remove: ['Run ID', 'Type', 'Start', 'End'],
    add: ['BoonAccount', 'BoonCredits', 'BoonStatus'],
  });
  await picture(ui, 'gifts-list', 640);
}

async function gifts(ui: WebUi, { pending, held, settled }: Cast): Promise<void> {
  await ui.openGift(pending.id);
  await ui.openCard();
  await picture(ui, 'gift-pending', 1000);
  await ui.openGift(held.id);
  await ui.openCard();
  await picture(ui, 'gift-held', 1000);
  await ui.openGift(settled.id);
  await picture(ui, 'gift-settled', 780, 'Event History');
}

async function updates(ui: WebUi, { pending, held }: Cast): Promise<void> {
  await ui.openGift(pending.id);
  await ui.openForm();
  await ui.fillForm('hold', '{"reason":"looks like resale","by":"mia"}');
  await ui.page.keyboard.press('Tab');
  await picture(ui, 'update-before-deadline', 700);
  await ui.openGift(held.id);
  await ui.openForm();
  await ui.openChoice();
  await picture(ui, 'update-names', 900);
}

async function schedules(ui: WebUi): Promise<void> {
  for (const id of Object.values(SCHEDULES)) {
    await ui.openSchedule(id);
    await ui.trigger();
  }
  await ui.openSchedules();
  await picture(ui, 'schedules', 560);
}

/** @param from the heading that is brought to the top; left out: the page from its top. */
async function picture(ui: WebUi, name: string, height: number, from?: string): Promise<void> {
  await ui.page.setViewportSize({ width: WIDTH, height });
  // What is drawn late: the text of details and the graph of a history.
  await pause(2_000);
  if (from !== undefined) {
    const { y = 0 } = (await ui.page.getByRole('heading', { name: from }).boundingBox()) ?? {};
    await ui.page.mouse.wheel(0, y - BELOW_BAR);
    await pause(500);
  }
  const path = join(FOLDER, `${name}.png`);
  await ui.page.screenshot({ path });
  const { size } = await stat(path);
  if (size > MOST_BYTES) throw new Error(`${path} has ${size} bytes, more than ${MOST_BYTES}`);
  process.stdout.write(`${path} ${size}\n`);
}
