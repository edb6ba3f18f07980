/** Each message to a gift's process, in each state: once, twice with one key, late, and after the end. */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Gift, giftWorkflowId, standingOf } from '../../../src/contracts/gifts/gift.ts';
import type { GiftAction, GiftStatus } from '../../../src/domain/gift-status.ts';
import { tokenHash } from '../../../src/ledger/postgres/address-vault.ts';
import { DAY, type GiftRig, giftRig } from '../../support/gift-rig.ts';
import { timeSkippingServer } from '../../support/temporal-server.ts';
import { expectVerified, newKey } from '../../support/test-ledger.ts';

let rig: GiftRig;
beforeAll(async () => {
  rig = await giftRig(await timeSkippingServer());
});
afterAll(async () => {
  await expectVerified(rig.ledger);
  await rig.close();
});

let from: string;
let to: string;
/** Of the link to the test's gift; the ledger forgets it once it is used. */
let token: string | undefined;
let people = 0;
beforeEach(async () => {
  token = undefined;
  people += 1;
  from = `sender-${people}`;
  to = `friend-${people}`;
  await rig.seed(from, '100');
  await rig.seed(to);
});

type Open = 'awaiting_claim' | 'pending' | 'held';
type Message = Exclude<GiftAction, 'reverse'>;
type Ended = 'settled' | 'canceled' | 'rejected' | 'expired';

/** What happens to the gift, or the code of the refusal. */
const OPEN: Record<Open, Record<Message, GiftStatus | { refused: string }>> = {
  awaiting_claim: {
    hold: 'held',
    release: { refused: 'not_held' },
    reject: 'rejected',
    cancel: 'canceled',
    claim: 'pending',
  },
  pending: {
    hold: 'held',
    release: { refused: 'not_held' },
    reject: 'rejected',
    cancel: 'canceled',
    claim: { refused: 'claim_invalid' },
  },
  held: {
    hold: { refused: 'gift_held' },
    release: 'pending',
    reject: 'rejected',
    cancel: 'canceled',
    claim: { refused: 'gift_held' },
  },
};
/** After the end each message is refused with the code. */
const ENDED: Record<Ended, Record<Message, string>> = {
  settled: {
    hold: 'already_settled',
    release: 'already_settled',
    reject: 'already_settled',
    cancel: 'already_settled',
    claim: 'claim_invalid',
  },
  canceled: {
    hold: 'already_resolved',
    release: 'already_resolved',
    reject: 'already_resolved',
    cancel: 'already_resolved',
    claim: 'claim_invalid',
  },
  rejected: {
    hold: 'already_resolved',
    release: 'already_resolved',
    reject: 'already_resolved',
    cancel: 'already_resolved',
    claim: 'claim_invalid',
  },
  expired: {
    hold: 'already_resolved',
    release: 'already_resolved',
    reject: 'already_resolved',
    cancel: 'already_resolved',
    claim: 'claim_expired',
  },
};

const WHY = { reason: 'because', by: 'mia' };

/** What comes after a message, so that its key is an old one. */
const AFTER: Partial<Record<Message, Message>> = { hold: 'release', release: 'hold', claim: 'hold' };

async function giftThatIs(status: Open): Promise<Gift> {
  const whom = status === 'awaiting_claim' ? { email: `${to}@example.com` } : { account_id: to };
  const gift = await rig.give({ from, to: whom, amount: '25' });
  return status === 'held' ? await rig.act(gift, 'hold') : gift;
}

async function argumentsOf(gift: Gift, message: Message): Promise<Record<string, string>> {
  if (message !== 'claim') return WHY;
  if (gift.by_email) token ??= (await rig.ledger.giftAddress(gift.id)).token ?? undefined;
  return { token: token ?? 'forged', account_id: to, by: 'mia' };
}

/** As an update of its own: Temporal knows nothing of the key, and hands each to the process. */
async function send(gift: Gift, message: Message, key: string): Promise<Gift | { refused: string }> {
  const sent = rig.client.workflow
    .getHandle(giftWorkflowId(gift.id))
    .executeUpdate<Gift, [object]>(message, { args: [{ ...(await argumentsOf(gift, message)), key }] });
  return await sent.catch(({ cause }) => ({ refused: cause.type }));
}

/** The process knows of the gift what the ledger does, its next deadline above all; and has ended when it has. */
async function expectInStep(gift: Gift): Promise<GiftStatus> {
  const found = await rig.ledger.findGift(gift.id);
  const handle: WorkflowHandle = rig.client.workflow.getHandle(giftWorkflowId(gift.id));
  if (found.deadline === null) {
    await rig.untilClosed(gift);
    expect(await handle.result()).toMatchObject({ status: found.status });
  } else {
    expect(await handle.query('status')).toMatchObject(standingOf(found));
  }
  return found.status;
}

const rows = (Object.keys(OPEN) as Open[]).flatMap((status) =>
  (Object.keys(OPEN[status]) as Message[]).map(
    (message) => [status, message, OPEN[status][message]] as const,
  ),
);

describe('a gift that is', () => {
  test.each(rows)('%s receives %s, twice and late: %o', async (status, message, outcome) => {
    const gift = await giftThatIs(status);
    const key = newKey(message);
    const first = await send(gift, message, key);
    if (typeof outcome === 'object') {
      expect(first).toEqual(outcome);
      expect(await send(gift, message, key)).toEqual(outcome);
      expect(await expectInStep(gift)).toBe(status);
      await rig.act(gift, 'cancel');
      return;
    }
    expect(first).toMatchObject({ status: outcome });
    expect(await expectInStep(gift)).toBe(outcome);
    const again = async () =>
      outcome === 'canceled' || outcome === 'rejected'
        ? await sentByApi(gift, message, key)
        : await send(gift, message, key);
    expect(await again()).toEqual(first);
    expect(await expectInStep(gift)).toBe(outcome);
    const newer = AFTER[message];
    if (newer === undefined) return;
    const [before, changed] = [await rig.available(from), await rig.act(gift, newer)];
    expect(changed.status).not.toBe(outcome);
    // The key of before: its answer comes again, and nothing of it is true any more.
    expect(await again()).toEqual(first);
    expect(await expectInStep(gift)).toBe(changed.status);
    expect(await rig.available(from)).toBe(before);
    await rig.act(gift, 'cancel');
    // And once more after the end, by the API, for the process is gone.
    expect(await sentByApi(gift, message, key)).toEqual(first);
    expect(await expectInStep(gift)).toBe('canceled');
    expect(await rig.available(from)).toBe('100');
  });
});

async function sentByApi(gift: Gift, action: Message, key: string): Promise<Gift> {
  const sent = { ...(await argumentsOf(gift, action)), key, gift_id: gift.id, action, at: await rig.now() };
  const { value, replayed } = await rig.process.act(sent);
  expect(replayed).toBe(true);
  return value;
}

async function ended(status: Ended): Promise<Gift> {
  const gift = await giftThatIs(status === 'expired' ? 'awaiting_claim' : 'pending');
  if (status === 'canceled') await rig.act(gift, 'cancel');
  if (status === 'rejected') await rig.act(gift, 'reject');
  if (status === 'settled') await rig.sleep(DAY);
  if (status === 'expired') await rig.sleep(14 * DAY);
  return await rig.until(gift, status);
}

test.each(Object.keys(ENDED) as Ended[])('a gift that is %s refuses every message', async (status) => {
  const gift = await ended(status);
  await rig.untilClosed(gift);
  for (const [message, code] of Object.entries(ENDED[status]) as [Message, string][]) {
    const acted = rig.act(gift, message, await argumentsOf(gift, message));
    await expect(acted, message).rejects.toMatchObject({ code });
  }
  expect(await rig.ledger.findGift(gift.id)).toEqual(gift);
});

test('a hold, its release and the hold’s key again: the gift settles when the release said', async () => {
  const gift = await giftThatIs('pending');
  const key = newKey('hold');
  const held = await send(gift, 'hold', key);
  await rig.sleep(3 * DAY);
  const released = await rig.act(gift, 'release');
  expect(await send(gift, 'hold', key)).toEqual(held);
  await rig.sleep(Date.parse(released.settles_at) - Date.parse(await rig.now()));
  const { settled_at } = await rig.until(gift, 'settled');
  expect(Date.parse(settled_at ?? '') - Date.parse(released.settles_at)).toBeLessThan(60_000);
});

const doing = rows.filter(([, , outcome]) => typeof outcome === 'string');

test.each(doing)(
  'a gift that is %s is where it is found when its process hears %s that the ledger has done already',
  async (status, message) => {
    const gift = await giftThatIs(status);
    const key = newKey(message);
    // As when a worker dies between the ledger and its process: what is asked again is answered from the record.
    const { token: proof, ...given } = await argumentsOf(gift, message);
    const asked = { ...given, ...(proof === undefined ? {} : { token_hash: tokenHash(proof) }) };
    const request = { ...asked, key, gift_id: gift.id, action: message, at: await rig.now() };
    const { value } = await rig.ledger.actOnGift(request);
    const newer = AFTER[message];
    if (newer !== undefined)
      await rig.ledger.actOnGift({
        ...WHY,
        key: newKey(newer),
        gift_id: gift.id,
        action: newer,
        at: request.at,
      });
    const present = (await rig.ledger.findGift(gift.id)).status;
    const answer = await rig.process.act({ ...request, ...(proof === undefined ? {} : { token: proof }) });
    expect(answer).toEqual({ value, replayed: true });
    expect(await expectInStep(gift)).toBe(present);
    if (newer !== undefined) await rig.act(gift, 'cancel');
  },
);

test('a refresh, twice and in each open state, changes nothing that time has not brought', async () => {
  for (const status of Object.keys(OPEN) as Open[]) {
    const gift = await giftThatIs(status);
    const handle = rig.client.workflow.getHandle(giftWorkflowId(gift.id));
    for (let times = 0; times < 2; times += 1) {
      expect(await handle.executeUpdate('refresh')).toMatchObject({ status });
      expect(await expectInStep(gift)).toBe(status);
    }
    await rig.act(gift, 'cancel');
  }
});
