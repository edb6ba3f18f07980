/** What earlier versions of the workflows did must be what this version would do, or running gifts would break. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { workflowBundle } from '../../src/temporal/workflow-bundle.ts';
import { readHistory } from '../support/history-file.ts';
import '../support/quiet-sdk.ts';

const FOLDER = join(import.meta.dirname, 'histories');
const names = (await readdir(FOLDER)).map((file) => basename(file, '.json')).sort();

let bundle: WorkflowBundleOption;
/** What went wrong, by run; undefined where all is well. */
const outcomes = new Map<string, Error | undefined>();
const runs = new Map<string, string>();
beforeAll(async () => {
  bundle = await workflowBundle(cacheFolder());
  const histories = [];
  for (const name of names) {
    const history = await readHistory(join(FOLDER, `${name}.json`));
    const started = history.events[0]?.workflowExecutionStartedEventAttributes;
    runs.set(name, started?.originalExecutionRunId ?? '');
    histories.push({ workflowId: started?.workflowId ?? '', history });
  }
  for await (const { runId, error } of Worker.runReplayHistories({ workflowBundle: bundle }, histories)) {
    outcomes.set(runId, error);
  }
});

describe('a recorded history replays', () => {
  test.each(names)('%s', (name) => {
    const run = runs.get(name) ?? '';
    expect(outcomes.has(run)).toBe(true);
    expect(outcomes.get(run)).toBeUndefined();
  });
});

test('there is one of every branch of every workflow', () => {
  expect(names).toEqual([
    'billing-cycle-invalid',
    'billing-cycle-invoiced',
    'campaign-cancellation-requested',
    'campaign-completed',
    'campaign-continued-first-run',
    'campaign-continued-last-run',
    'campaign-not-found',
    'campaign-of-credits',
    'campaign-of-windows',
    'campaign-paused-and-resumed',
    'expiry',
    'gift-canceled',
    'gift-cancellation-requested',
    'gift-cancellation-requested-while-running',
    'gift-claimed',
    'gift-continued-first-run',
    'gift-continued-last-run',
    'gift-held-and-released',
    'gift-held-by-a-freeze',
    'gift-hold-ended-by-itself',
    'gift-invalid',
    'gift-mail-refused',
    'gift-refused',
    'gift-rejected',
    'gift-requested',
    'gift-requested-with-accept',
    'gift-settled',
    'gift-unclaimed',
    'purchase-expired',
    'purchase-invalid',
    'purchase-paid',
    'purchase-top-up-not-paid',
    'reconcile',
    'referral-canceled',
    'referral-cancellation-requested',
    'referral-continued-first-run',
    'referral-continued-last-run',
    'referral-deferred',
    'referral-expired',
    'referral-invalid',
    'referral-joined-by-update',
    'referral-mail-refused',
    'referral-mailed-again',
    'referral-refused',
    'referral-refused-by-the-cap',
    'referral-rewarded',
    'referral-started-late',
    'refund-invalid',
    'refund-refused',
    'refund-succeeded',
    'refund-waited-for',
    'reward-window',
    'reward-window-closed',
    'reward-window-continued-first-run',
    'reward-window-continued-last-run',
    'reward-window-invalid',
    'reward-window-over',
  ]);
});

test('a change of what a workflow does is noticed', async () => {
  const history = await readHistory(join(FOLDER, 'gift-settled.json'));
  const marker = history.events.find((event) => event.markerRecordedEventAttributes);
  const payload = marker?.markerRecordedEventAttributes?.details?.data?.payloads?.[0];
  if (payload == null) throw new Error('The history has no local activity');
  const recorded = JSON.parse(Buffer.from(payload.data ?? []).toString());
  payload.data = Buffer.from(JSON.stringify({ ...recorded, activity_type: 'settleGift' }));
  const replayed = Worker.runReplayHistory({ workflowBundle: bundle }, history, 'gift/gift-settled');
  await expect(replayed).rejects.toThrow(/nondeterminism/i);
});
