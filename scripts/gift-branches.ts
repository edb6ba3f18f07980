/** The branches of the workflow `gift`, and plain runs of those that schedules start, for `record-histories.ts`. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import { actOnGift } from '../src/contracts/gifts/act-on-gift.ts';
import type { Gift, GiftActionRequest } from '../src/contracts/gifts/gift.ts';
import { holdGiftUpdate, releaseGiftUpdate } from '../src/contracts/gifts/gift-messages.ts';
import { acceptedGift, type GiftProcess } from '../src/contracts/gifts/gift-process.ts';
import { TASK_QUEUE } from '../src/contracts/temporal.ts';
import type { AcceptRequest } from '../src/ledger/gifts/accept-gifts.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import type { MailCatcher } from '../test/support/mail-catcher.ts';

type Parts = { client: Client; ledger: Ledger; mail: MailCatcher; process: GiftProcess };
type Recording = { name: string; workflowId: string; runId?: string };

/** What happens to the gift, and under which name its history is kept. */
export const GIFT_BRANCHES: Record<string, (parts: Parts, id: string) => Promise<Recording[]>> = {
  'gift-settled': async (parts, id) => {
    await give(parts, id);
    return [await closed(parts, id)];
  },
  'gift-canceled': async (parts, id) => {
    await give(parts, id);
    await act(parts, id, 'cancel');
    return [await closed(parts, id)];
  },
  'gift-cancellation-requested': async (parts, id) => {
    await give(parts, id);
    await parts.client.workflow.getHandle(`gift/${id}`).cancel();
    return [await closed(parts, id)];
  },
  'gift-cancellation-requested-while-running': async (parts, id) => {
    await give(parts, id);
    await parts.client.workflow.getHandle(`gift/${id}`).executeUpdate('refresh');
    await parts.client.workflow.getHandle(`gift/${id}`).cancel();
    return [await closed(parts, id)];
  },
  'gift-held-and-released': async (parts, id) => {
    await give(parts, id);
    await act(parts, id, 'hold', { reason: 'looks odd' });
    await act(parts, id, 'hold', { reason: 'looks odd' }).catch(() => undefined);
    await act(parts, id, 'release');
    return [await closed(parts, id)];
  },
  'gift-hold-ended-by-itself': async (parts, id) => {
    await give(parts, id);
    await act(parts, id, 'hold', { reason: 'nobody looks' });
    return [await closed(parts, id)];
  },
  'gift-rejected': async (parts, id) => {
    await give(parts, id);
    await act(parts, id, 'reject', { reason: 'stolen account' });
    return [await closed(parts, id)];
  },
  'gift-held-by-a-freeze': async (parts, id) => {
    await give(parts, id);
    await parts.client.workflow.getHandle(`gift/${id}`).executeUpdate('refresh');
    await parts.ledger.putAccount(`ada-${id}`, { plan: 'plus', status: 'frozen' }, now());
    await parts.client.workflow.getHandle(`gift/${id}`).executeUpdate('refresh');
    await parts.ledger.putAccount(`ada-${id}`, { plan: 'plus', status: 'active' }, now());
    await parts.client.workflow.getHandle(`gift/${id}`).executeUpdate('refresh');
    return [await closed(parts, id)];
  },
  'gift-claimed': async (parts, id) => {
    const gift = await give(parts, id, { to: { email: 'bob@example.com' } });
    await until(() => parts.mail.mails.length > 0);
    const claim = { token: (await parts.ledger.giftAddress(gift.id)).token, account_id: `bob-${id}` };
    await act(parts, id, 'claim', { ...claim, token: 'forged' }).catch(() => undefined);
    await act(parts, id, 'claim', claim);
    return [await closed(parts, id)];
  },
  'gift-unclaimed': async (parts, id) => {
    await give(parts, id, { to: { email: 'bob@example.com' } });
    return [await closed(parts, id)];
  },
  'gift-mail-refused': async (parts, id) => {
    parts.mail.refuseWith(550);
    await give(parts, id, { to: { email: 'bob@example.com' } });
    const recording = await closed(parts, id);
    parts.mail.refuseWith(undefined);
    return [recording];
  },
  'gift-requested': async (parts, id) => {
    await parts.client.workflow.start('gift', requested(id, '5'));
    return [await closed(parts, id)];
  },
  'gift-requested-with-accept': async (parts, id) => {
    await acceptWithStart(parts.client, id, '5');
    return [await closed(parts, id)];
  },
  'gift-refused': async (parts, id) => {
    await acceptWithStart(parts.client, id, '1000').catch(() => undefined);
    return [await closed(parts, id)];
  },
  'gift-invalid': async (parts, id) => {
    await parts.client.workflow.start('gift', {
      ...requested(id, '5'),
      args: [{ request: { from: 'ada' } }],
    });
    return [await closed(parts, id)];
  },
  'gift-continued': async (parts, id) => {
    await give(parts, id);
    await act(parts, id, 'hold', { reason: 'first' });
    const { runId } = await parts.client.workflow.getHandle(`gift/${id}`).describe();
    for (let times = 0; times < 4; times += 1) {
      await act(parts, id, 'release');
      await act(parts, id, 'hold', { reason: `number ${times}` });
    }
    await act(parts, id, 'cancel');
    const workflowId = `gift/${id}`;
    return [
      { name: 'gift-continued-first-run', workflowId, runId },
      await closed(parts, id, 'gift-continued-last-run'),
    ];
  },
  'gift-opened': async (parts, id) => {
    await accept(parts, id);
    await actOnGift(atHand(parts), id, holdGiftUpdate, { reason: 'looks odd' });
    await actOnGift(atHand(parts), id, releaseGiftUpdate);
    return [await closed(parts, id)];
  },
  'gift-opened-when-ended': async (parts, id) => {
    await accept(parts, id);
    await parts.ledger.actOnGift({ key: `end:${id}`, gift_id: id, action: 'cancel', at: now() });
    await actOnGift(atHand(parts), id, holdGiftUpdate, { reason: 'too late' }).catch(() => undefined);
    return [await closed(parts, id)];
  },
  reconcile: async (parts, id) => {
    await accept(parts, id, { at: new Date(Date.now() - 120_000).toISOString() });
    return await executed(parts, 'reconcile', id);
  },
  expiry: async (parts, id) => await executed(parts, 'expiry', id),
  settlement: async (parts, id) => {
    await accept(parts, id, { at: new Date(Date.now() - 120_000).toISOString() });
    return await executed(parts, 'settlement', id);
  },
};

async function accept({ ledger }: Parts, id: string, more: Partial<AcceptRequest> = {}): Promise<Gift> {
  const request = { key: `accept:${id}`, id, at: now(), from: `ada-${id}`, to: { account_id: `bob-${id}` } };
  return (await ledger.acceptGift({ ...request, amount: '5', funding: 'transfer', message: null, ...more }))
    .value;
}

async function give(parts: Parts, id: string, more: Partial<AcceptRequest> = {}): Promise<Gift> {
  const gift = await accept(parts, id, more);
  const open = acceptedGift(gift);
  if (open !== undefined) await parts.process.start(open);
  return gift;
}

function act(
  parts: Parts,
  id: string,
  action: GiftActionRequest['action'],
  more: Partial<GiftActionRequest> = {},
) {
  const key = randomBytes(8).toString('hex');
  return parts.process.act({ key, gift_id: id, action, at: now(), by: 'mia', ...more });
}

const atHand = ({ client }: Parts) => ({ client, WithStartWorkflowOperation });

const requested = (id: string, amount: string) => ({
  taskQueue: TASK_QUEUE,
  workflowId: `gift/${id}`,
  args: [{ request: { from: `ada-${id}`, to: `bob-${id}`, amount } }] as unknown[],
});

function acceptWithStart(client: Client, id: string, amount: string) {
  const options = { ...requested(id, amount), workflowIdConflictPolicy: 'USE_EXISTING' as const };
  const startWorkflowOperation = new WithStartWorkflowOperation('gift', options);
  return client.workflow.executeUpdateWithStart('accept', { startWorkflowOperation });
}

async function executed({ client }: Parts, type: string, id: string): Promise<Recording[]> {
  const workflowId = `${type}-${id}`;
  await client.workflow.execute(type, { taskQueue: TASK_QUEUE, workflowId });
  return [{ name: type, workflowId }];
}

async function closed({ client }: Parts, id: string, name = id): Promise<Recording> {
  const workflowId = `gift/${id}`;
  await until(async () => (await client.workflow.getHandle(workflowId).describe()).status.name !== 'RUNNING');
  return { name, workflowId };
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await done()); tries += 1) {
    if (tries > 600) throw new Error('It did not come to its end');
    await sleep(50);
  }
}

function now(): string {
  return new Date().toISOString();
}
