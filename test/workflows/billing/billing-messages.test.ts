/** Each message to the process of a billing month, at each of its stages, twice and late. The ledger's word is the script's. */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ScriptedWorker, scriptedWorker, until } from '../../support/scripted-worker.ts';

const DAY = 86_400_000;
const MONTH = '2026-03-01';
const later = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();

/** What the ledger has as charged, and at which stage a month is held up, by organisation. */
const ledger = new Map<string, string>();
const heldUp = new Map<string, string>();
/** What was done, in its order. */
const done: string[] = [];

const step = async (stage: string, org: string) => {
  await until(() => heldUp.get(org) !== stage);
  done.push(`${stage} ${org}`);
};
let worker: ScriptedWorker;
beforeAll(async () => {
  worker = await scriptedWorker({
    readBillingMonth: async ({ account_id }: { account_id: string }) => ({
      charged: ledger.get(account_id),
      invoice: null,
    }),
    closeBillingMonth: async ({ account_id }: { account_id: string }) => {
      await step('closing', account_id);
      return { id: account_id, account_id, status: 'open', credits: '7', due_at: later(DAY), notice: null };
    },
    collectInvoice: async (id: string) => {
      await step('collecting', id);
      return false;
    },
    mailInvoice: async (id: string) => {
      await step('mailing', id);
      return 'sent';
    },
  });
  await worker.run();
});
afterAll(() => worker.close());

let id: string;
let count = 0;
beforeEach(() => {
  count += 1;
  id = `org-${count}`;
});
const started = (ends_at: string): Promise<WorkflowHandle> =>
  worker.start('billingCycle', `billing-cycle/${id}/${MONTH}`, { account_id: id, month: MONTH, ends_at });

test('a billing month reads the ledger each time it is asked, twice and after a request to cancel it', async () => {
  const handle = await started(later(DAY));
  for (const charged of ['5', '5', '7']) {
    ledger.set(id, charged);
    expect(await handle.executeUpdate('refresh')).toMatchObject({ stage: 'waiting', standing: { charged } });
  }
  const { runId } = await handle.describe();
  await handle.cancel();
  await expect.poll(async () => (await handle.describe()).runId, { timeout: 20_000 }).not.toBe(runId);
  expect(await handle.executeUpdate('refresh')).toMatchObject({
    stage: 'waiting',
    standing: { charged: '7' },
  });
  expect((await handle.describe()).status.name).toBe('RUNNING');
});

test.each(['closing', 'collecting', 'mailing'])(
  'a billing month that is %s answers how the ledger has it, and no request to cancel it keeps it from its end',
  async (stage) => {
    heldUp.set(id, stage);
    const handle = await started(later(-1));
    const stageOf = async () => (await handle.query<{ stage: string }>('status')).stage;
    await expect.poll(stageOf, { timeout: 20_000 }).toBe(stage);
    for (const charged of ['5', '5', '7']) {
      ledger.set(id, charged);
      expect(await handle.executeUpdate('refresh')).toMatchObject({ stage, standing: { charged } });
    }
    const { runId } = await handle.describe();
    await handle.cancel();
    expect(await handle.executeUpdate('refresh')).toMatchObject({ stage });
    heldUp.delete(id);
    expect(await handle.result()).toMatchObject({ invoice_id: id, credits: '7', notice: 'sent' });
    // In the same run, and each step once.
    expect((await handle.describe()).runId).toBe(runId);
    expect(done.filter((one) => one.endsWith(` ${id}`))).toEqual(
      ['closing', 'collecting', 'mailing'].map((one) => `${one} ${id}`),
    );
    await expect(handle.executeUpdate('refresh')).rejects.toMatchObject({ name: 'WorkflowNotFoundError' });
  },
);
