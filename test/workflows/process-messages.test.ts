/**
 * Each message to the processes of purchases, refunds and campaigns, at each state, twice and late. The
 * ledger's word is the script's: what comes late or in another order is what real parts rarely give.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PURCHASE_STATUSES, type PurchaseStatus } from '../../src/contracts/purchases/purchase.ts';
import { REFUND_STATUSES, type RefundStatus } from '../../src/contracts/purchases/refund.ts';
import { type ScriptedWorker, scriptedWorker, until } from '../support/scripted-worker.ts';

const DAY = 86_400_000;
const later = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();
const word = (status: string) => ({ status, reason_code: null });

/** How the ledger has what a process is for, by its id. */
const ledger = new Map<string, string>();
/** What closing a page comes to, by purchase; and how far a bank says that a refund is. */
const answers = new Map<string, string>();
/** Whose mails are held up, and who was mailed. */
const heldUp = new Set<string>();
const mailed: string[] = [];
/** Whom the bank keeps waiting, and who was asked after: its answer is of when it was asked. */
const slow = new Set<string>();
const asked = new Set<string>();
const acted: { campaign_id: string; key: string; action: string }[] = [];

const read = async (id: string) => word(`${ledger.get(id)}`);
const answer = async (id: string) => word(answers.get(id) ?? `${ledger.get(id)}`);
const slowly = async (said: Promise<object>, id: string) => {
  const answer = await said;
  asked.add(id);
  await until(() => !slow.has(id));
  return answer;
};
const mail = async (id: string) => {
  await until(() => !heldUp.has(id));
  mailed.push(id);
  return 'sent';
};
const counts = { kind: 'grant_reset', matched: 1, granted: 1, excluded: {}, remaining: 0 };
const campaignOf = async (id: string) => ({ id, ...counts, status: ledger.get(id) });

let worker: ScriptedWorker;
beforeAll(async () => {
  worker = await scriptedWorker({
    readPurchase: read,
    settlePurchase: read,
    closePurchase: answer,
    chargeTopUp: async (id: string) => {
      await until(() => !heldUp.has(id));
      return slowly(read(id), id);
    },
    sendPurchaseMail: mail,
    readRefund: read,
    sendRefund: (id: string) => slowly(answer(id), id),
    sendRefundMail: mail,
    findCampaign: campaignOf,
    runCampaignPages: campaignOf,
    reconcileCampaign: campaignOf,
    actOnCampaign: async (asked: { campaign_id: string; key: string; action: string }) => {
      acted.push(asked);
      const said = answers.get(asked.campaign_id);
      if (said === undefined) throw ApplicationFailure.nonRetryable('not so', 'not_paused');
      return { ...(await campaignOf(asked.campaign_id)), status: said };
    },
  });
  await worker.run();
});
afterAll(() => worker.close());

let id: string;
let count = 0;
beforeEach(() => {
  count += 1;
  id = `one-${count}`;
});
const statusOf = async (handle: WorkflowHandle, query = 'status') =>
  (await handle.query<{ status: string }>(query)).status;
/** It is canceled and woken while the bank is slow, and the ledger knows by then what came of it. */
async function wokenBesideARefusal(handle: WorkflowHandle, outcome: string): Promise<void> {
  await until(() => asked.has(id));
  await handle.cancel();
  ledger.set(id, outcome);
  await handle.signal('changed');
  slow.delete(id);
  expect(await handle.result()).toEqual({ status: outcome });
}
const refusal = (sent: Promise<unknown>) =>
  sent.then(
    () => undefined,
    ({ cause }) => cause.type as string,
  );

describe('a purchase', () => {
  async function purchase(status: PurchaseStatus = 'open', kind = 'checkout'): Promise<WorkflowHandle> {
    ledger.set(id, status);
    const open = { id, account_id: 'ada', kind, status, package: 'credits-100' };
    return await worker.start('purchase', `purchase/${id}`, {
      purchase: { ...open, expires_at: later(DAY), reason_code: null },
    });
  }

  test.each(PURCHASE_STATUSES)(
    'that the ledger has as %s is so whatever it is told, twice and late',
    async (status) => {
      const handle = await purchase('open');
      ledger.set(id, status);
      for (const said of [...PURCHASE_STATUSES, ...PURCHASE_STATUSES, 'paid-ish', null]) {
        // Late: it has ended after the first one.
        await handle
          .signal('changed', word(`${said}`))
          .catch(({ name }) => expect(name).toBe('WorkflowNotFoundError'));
      }
      if (status === 'open') {
        expect(await handle.executeUpdate('refresh')).toMatchObject({ status: 'open' });
        expect((await handle.describe()).status.name).toBe('RUNNING');
        return;
      }
      expect(await handle.result()).toEqual({ status });
      expect(mailed.filter((one) => one === id)).toHaveLength(1);
    },
  );

  test.each(['paid', 'expired', 'failed', 'refunded'] as const)(
    'that is %s stays so when an older message comes, and is closed no more',
    async (status) => {
      heldUp.add(id);
      const handle = await purchase('open');
      ledger.set(id, status);
      await handle.signal('changed');
      await expect.poll(() => statusOf(handle), { timeout: 20_000 }).toBe(status);
      ledger.set(id, 'open');
      for (let times = 0; times < 2; times += 1) {
        await handle.signal('changed', word('open'));
        expect(await handle.executeUpdate('refresh')).toMatchObject({ status });
        expect(await refusal(handle.executeUpdate('cancel'))).toBe('already_resolved');
      }
      heldUp.delete(id);
      expect(await handle.result()).toEqual({ status });
      expect(mailed.filter((one) => one === id)).toHaveLength(1);
    },
  );

  test('that a bank has still to say something about is not canceled, however often; then it is', async () => {
    const handle = await purchase('open');
    for (let times = 0; times < 2; times += 1) {
      expect(await refusal(handle.executeUpdate('cancel', { args: [{ reason: 'because' }] }))).toBe(
        'payment_pending',
      );
      expect(await statusOf(handle)).toBe('open');
    }
    answers.set(id, 'expired');
    expect(await handle.executeUpdate('cancel')).toMatchObject({ status: 'expired' });
    expect(await handle.result()).toEqual({ status: 'expired' });
  });

  test('that charges a stored card is not canceled while it does', async () => {
    heldUp.add(id);
    const handle = await purchase('open', 'top_up');
    for (let times = 0; times < 2; times += 1)
      expect(await refusal(handle.executeUpdate('cancel'))).toBe('payment_pending');
    ledger.set(id, 'paid');
    heldUp.delete(id);
    expect(await handle.result()).toEqual({ status: 'paid' });
  });

  test('whose request to cancel is refused goes on with what woke it meanwhile', async () => {
    slow.add(id);
    await wokenBesideARefusal(await purchase('open', 'top_up'), 'paid');
  });
});

describe('a refund', () => {
  const rows = REFUND_STATUSES.flatMap((known) => REFUND_STATUSES.map((said) => [known, said] as const));
  /** Pending, succeeded, failed is the only order. */
  const newer = (one: RefundStatus, other: RefundStatus) =>
    REFUND_STATUSES[Math.max(REFUND_STATUSES.indexOf(one), REFUND_STATUSES.indexOf(other))];

  const refund = async () => {
    const whose = { id, purchase_id: 'one', account_id: 'ada', amount: 400, currency: 'usd' };
    return await worker.start('refund', `refund/${id}`, {
      refund: { ...whose, status: 'pending', created_at: later(0), reason_code: null },
    });
  };

  test('whose request to cancel is refused goes on with what woke it meanwhile', async () => {
    slow.add(id);
    ledger.set(id, 'pending');
    await wokenBesideARefusal(await refund(), 'succeeded');
  });

  test.each(rows)('that is %s receives %s, twice, by each message', async (known, said) => {
    heldUp.add(id);
    ledger.set(id, known);
    const handle = await refund();
    await expect.poll(() => statusOf(handle), { timeout: 20_000 }).toBe(known);
    ledger.set(id, said);
    const outcome = newer(known, said);
    for (let times = 0; times < 2; times += 1) {
      // Whatever the signals say: they wake, and the ledger has the word.
      for (const claimed of REFUND_STATUSES) await handle.signal('changed', word(claimed));
      // One that mails has its end, and looks again when it is asked.
      if (known === 'pending') await expect.poll(() => statusOf(handle), { timeout: 20_000 }).toBe(outcome);
      expect(await handle.executeUpdate('refresh')).toMatchObject({ status: outcome });
      const asked = refusal(handle.executeUpdate('ask'));
      expect(await asked).toBe(outcome === 'pending' ? undefined : 'already_resolved');
      expect(await statusOf(handle)).toBe(outcome);
    }
    heldUp.delete(id);
    if (outcome === 'pending') return;
    expect(await handle.result()).toEqual({ status: outcome });
    expect(mailed.filter((one) => one === id)).toHaveLength(1);
    await expect(handle.signal('changed', word('succeeded'))).rejects.toMatchObject({
      name: 'WorkflowNotFoundError',
    });
  });
});

describe('a campaign', () => {
  const ACTIONS = ['pause', 'resume', 'cancel'] as const;
  const campaign = () => worker.start('campaign', `campaign/${id}`);
  const stands = (handle: WorkflowHandle, status: string) =>
    expect
      .poll(() => handle.query<{ status: string } | null>('progress').then((told) => told?.status), {
        timeout: 20_000,
      })
      .toBe(status);
  const mine = () => acted.filter(({ campaign_id }) => campaign_id === id);

  test.each(['paused', 'ongoing'])(
    'that is %s and is refused everything stays so, twice, by signal and update',
    async (status) => {
      ledger.set(id, status);
      const handle = await campaign();
      await stands(handle, status);
      for (const action of [...ACTIONS, ...ACTIONS]) {
        expect(await refusal(handle.executeUpdate(action, { args: [{}] }))).toBe('not_paused');
        await handle.signal(action, { reason: 'because' });
        await handle.signal('refresh');
      }
      await expect.poll(() => mine().length, { timeout: 20_000 }).toBe(12);
      // Each message is one of its own for the ledger.
      expect(new Set(mine().map(({ key }) => key)).size).toBe(12);
      await stands(handle, status);
      expect((await handle.describe()).status.name).toBe('RUNNING');
    },
  );

  test.each(['paused', 'ongoing'])('that is %s looks at the ledger when it is told to', async (status) => {
    ledger.set(id, status);
    const handle = await campaign();
    await stands(handle, status);
    for (let times = 0; times < 2; times += 1) await handle.signal('refresh');
    await stands(handle, status);
    ledger.set(id, 'canceled');
    await handle.signal('refresh');
    await stands(handle, 'canceled');
    expect(await handle.result()).toMatchObject({ status: 'canceled' });
    await expect(handle.signal('refresh')).rejects.toMatchObject({ name: 'WorkflowNotFoundError' });
  });

  test.each([
    ['paused', 'resume', 'running'],
    ['ongoing', 'pause', 'paused'],
    ['paused', 'pause', 'paused'],
    ['ongoing', 'resume', 'running'],
  ])(
    'that is %s takes no older answer to %s for how it stands: the ledger says',
    async (status, action, older) => {
      ledger.set(id, status);
      const handle = await campaign();
      await stands(handle, status);
      // Another door was faster: the answer is of before.
      ledger.set(id, 'canceled');
      answers.set(id, older);
      await handle.executeUpdate(action, { args: [{}] });
      expect(await handle.result()).toMatchObject({ status: 'canceled' });
      for (const late of ACTIONS)
        await expect(handle.signal(late)).rejects.toMatchObject({ name: 'WorkflowNotFoundError' });
    },
  );
});
