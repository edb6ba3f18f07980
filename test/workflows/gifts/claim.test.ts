import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Gift } from '../../../src/contracts/gifts/gift.ts';
import { giftWorkflowId } from '../../../src/contracts/gifts/gift.ts';
import { claimGiftUpdate } from '../../../src/contracts/gifts/gift-messages.ts';
import { DAY, type GiftRig, giftRig, HOUR, PUBLIC_URL } from '../../support/gift-rig.ts';
import { readableHistory } from '../../support/history-file.ts';
import { timeSkippingServer } from '../../support/temporal-server.ts';

let rig: GiftRig;
beforeAll(async () => {
  rig = await giftRig(await timeSkippingServer());
});
afterAll(() => rig.close());

let from: string;
let to: string;
let people = 0;
beforeEach(async () => {
  people += 1;
  from = `sender-${people}`;
  to = `friend-${people}`;
  await rig.seed(from, '100');
  await rig.seed(to);
  rig.mail.mails.length = 0;
  rig.mail.refuseWith(undefined);
  rig.mail.answerAfter(0);
});

function give(email = 'bob@example.com'): Promise<Gift> {
  return rig.give({ from, to: { email }, amount: '25', message: 'For <you> & yours' });
}

/** Waits in real time. */
async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 500; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it did not happen');
}

const moment = () => new Promise((resolve) => setTimeout(resolve, 300));
const token = async (gift: Gift) => (await rig.ledger.giftAddress(gift.id)).token ?? '';

test('the recipient gets a mail with the link, the amount, the sender’s name and the end of the offer with its zone', async () => {
  await rig.ledger.putAccount(from, { plan: 'plus', name: 'Ann & Co' }, await rig.now());
  const gift = await give();
  expect(gift).toMatchObject({ status: 'awaiting_claim', to: null });
  const mail = await eventually(() => rig.mail.mails[0]);
  expect(mail).toMatchObject({ from: 'boon@boon.example', to: ['bob@example.com'] });
  expect(mail.headers.get('subject')).toBe('25 credits for you');
  expect(mail.headers.get('message-id')).toBe(`<claim.${gift.id}@boon.example>`);
  const link = `${PUBLIC_URL}/claim/${gift.id}#token=${await token(gift)}`;
  expect(mail.body).toContain(`Claim them: ${link}`);
  expect(mail.body).toContain(`<a href="${link}">`);
  expect(mail.body).toContain('Ann & Co gives you 25 credits.');
  expect(mail.body).toContain('<p>Ann &amp; Co gives you 25 credits.</p>');
  expect(mail.body).not.toContain(from);
  expect(mail.body).toContain('For &lt;you&gt; &amp; yours');
  const ends = gift.claim_expires_at ?? '';
  expect(mail.body).toContain(`until ${ends.slice(0, 10)} ${ends.slice(11, 16)} UTC`);
  await rig.act(gift, 'cancel');
});

test('a sender without a name is somebody, and never their account’s id', async () => {
  const gift = await give();
  const mail = await eventually(() => rig.mail.mails[0]);
  expect(mail.body).toContain('Somebody gives you 25 credits.');
  expect(mail.body).not.toContain(from);
  await rig.act(gift, 'cancel');
});

test('neither the address nor the token is in the history, not even when a claim is refused or done', async () => {
  const gift = await give();
  await eventually(() => rig.mail.mails[0]);
  const secret = await token(gift);
  await expect(rig.act(gift, 'claim', { token: secret, account_id: from })).rejects.toMatchObject({
    code: 'self_gift',
  });
  expect(await rig.act(gift, 'claim', { token: secret, account_id: to })).toMatchObject({
    status: 'pending',
  });
  const history = await rig.client.workflow.getHandle(giftWorkflowId(gift.id)).fetchHistory();
  const readable = readableHistory(history);
  expect(readable).toContain('token_hash');
  for (const hidden of ['bob@example.com', secret]) expect(readable).not.toContain(hidden);
  await rig.act(gift, 'cancel');
});

test('an operator may claim with the token itself', async () => {
  const gift = await give();
  const handle = rig.client.workflow.getHandle(giftWorkflowId(gift.id));
  const claim = { token: await token(gift), account_id: to };
  expect(await handle.executeUpdate(claimGiftUpdate, { args: [claim] })).toMatchObject({
    status: 'pending',
    to,
  });
  await rig.act(gift, 'cancel');
});

test('a claimed gift settles 24 hours after it was given', async () => {
  const gift = await give();
  await rig.sleep(10 * HOUR);
  const claim = { token: await token(gift), account_id: to };
  expect(await rig.act(gift, 'claim', claim)).toMatchObject({ status: 'pending', to });
  await rig.sleep(14 * HOUR - 60_000);
  await moment();
  expect(await rig.ledger.findGift(gift.id)).toMatchObject({ status: 'pending' });
  await rig.sleep(120_000);
  await rig.until(gift, 'settled');
  expect(await rig.available(to)).toBe('25');
});

test('a gift claimed after its 24 hours settles at once', async () => {
  const gift = await give();
  await rig.sleep(3 * DAY);
  await rig.act(gift, 'claim', { token: await token(gift), account_id: to });
  await rig.until(gift, 'settled');
});

test('a link works once and only with its own token', async () => {
  const gift = await give();
  const used = { token: await token(gift), account_id: to };
  await expect(rig.act(gift, 'claim', { ...used, token: 'forged' })).rejects.toMatchObject({
    code: 'claim_invalid',
  });
  await expect(rig.act(gift, 'claim', { ...used, account_id: from })).rejects.toMatchObject({
    code: 'self_gift',
  });
  await rig.act(gift, 'claim', used);
  await expect(rig.act(gift, 'claim', used)).rejects.toMatchObject({ code: 'claim_invalid' });
  await rig.act(gift, 'cancel');
});

test('an unclaimed gift ends after 14 days and not a minute sooner', async () => {
  const gift = await give();
  await rig.sleep(14 * DAY - 60_000);
  await moment();
  expect(await rig.ledger.findGift(gift.id)).toMatchObject({ status: 'awaiting_claim' });
  const late = { token: await token(gift), account_id: to };
  await rig.sleep(60_000);
  await rig.until(gift, 'expired');
  await rig.untilClosed(gift);
  expect(await rig.available(from)).toBe('100');
  await expect(rig.act(gift, 'claim', late)).rejects.toMatchObject({ code: 'claim_expired' });
});

test('a mail server that is down holds nothing up, and the mail goes out once it is back', async () => {
  rig.mail.refuseWith(451);
  const before = rig.mail.tries();
  const gift = await give();
  await eventually(() => (rig.mail.tries() > before ? true : undefined));
  await rig.sleep(60_000);
  rig.mail.refuseWith(undefined);
  for (let minutes = 0; rig.mail.mails.length === 0 && minutes < 30; minutes += 1) {
    await rig.sleep(60_000);
    await moment();
  }
  expect(rig.mail.mails).toHaveLength(1);
  await rig.act(gift, 'claim', { token: await token(gift), account_id: to });
});

test('a gift that ends while its mail is on the way leaves nothing behind', async () => {
  rig.mail.answerAfter(700);
  const sending = await give();
  await eventually(() => rig.mail.mails[0]);
  await rig.act(sending, 'cancel');
  await rig.untilClosed(sending);

  rig.mail.refuseWith(451);
  const before = rig.mail.tries();
  const retrying = await give();
  await eventually(() => (rig.mail.tries() > before ? true : undefined));
  await rig.act(retrying, 'cancel');
  expect(await rig.available(from)).toBe('100');
  const tries = rig.mail.tries();
  // The next try finds the gift ended. A server with an activity of a closed workflow would not let time pass.
  await rig.sleep(HOUR);
  await rig.untilClosed(retrying);
  expect(rig.mail.tries()).toBe(tries);
});

test('an address that the mail server refuses is reported to the operator without the address', async () => {
  rig.mail.refuseWith(550);
  const gift = await give('nobody@example.com');
  const handle = rig.client.workflow.getHandle(giftWorkflowId(gift.id));
  const details = await eventually(async () => {
    const metadata = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    return metadata.currentDetails?.includes('could **not** be mailed') ? metadata.currentDetails : undefined;
  });
  expect(details).not.toContain('nobody');
  const history = readableHistory(await handle.fetchHistory());
  expect(history).toContain('refuses the recipient');
  expect(history).not.toContain('nobody');
  expect(await rig.ledger.findGift(gift.id)).toMatchObject({ status: 'awaiting_claim' });
  await rig.act(gift, 'cancel');
});

test('a gift by e-mail that screening holds is mailed when it is released', async () => {
  for (let count = 0; count < 5; count += 1) await rig.give({ from, to: { account_id: to }, amount: '1' });
  const gift = await give('late@example.com');
  expect(gift).toMatchObject({ status: 'held', reason_code: 'velocity' });
  await moment();
  expect(rig.mail.mails).toHaveLength(0);
  await rig.act(gift, 'release');
  expect((await eventually(() => rig.mail.mails[0])).to).toEqual(['late@example.com']);
  await rig.act(gift, 'cancel');
});
