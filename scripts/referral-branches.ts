/** The branches of the workflows `referral` and `rewardWindow`, for `record-histories.ts`. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import {
  REFERRAL_WORKFLOW,
  REWARD_WINDOW_WORKFLOW,
  type Referral,
  referralWorkflowId,
  rewardWindowWorkflowId,
} from '../src/contracts/referrals/referral.ts';
import { TASK_QUEUE } from '../src/contracts/temporal.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import { rewardWindows } from '../src/temporal/referrals/reward-window-process.ts';
import type { MailCatcher } from '../test/support/mail-catcher.ts';
import { referralRig } from '../test/support/referral-rig.ts';
import { inviteRequest } from '../test/support/referrals.ts';

type Parts = { client: Client; ledger: Ledger; mail: MailCatcher };
type Recording = { name: string; workflowId: string; runId?: string };

const PROGRAM = 'codex-selective';
/** Its reward over the cap waits for the next month. */
const DEFERRING = 'codex-pilot';

/** The programs as the branches need them: one reward a month. */
export const REFERRAL_POLICY = {
  'codex-selective': { cohort: null, invites: 1000, monthly_cap: 1 },
  'codex-pilot': { opens_at: null, closes_at: null, monthly_cap: 1, over_cap: 'defer' },
};

/** What happens to the referral, and under which name its history is kept. */
export const REFERRAL_BRANCHES: Record<string, (parts: Parts, id: string) => Promise<Recording[]>> = {
  'referral-rewarded': async (parts, id) => {
    const invited = await rewarded(parts, id);
    return [await closed(parts, invited, id)];
  },
  'referral-refused-by-the-cap': async (parts, id) => {
    await rewarded(parts, id);
    const second = await qualified(parts, id);
    return [await closed(parts, second, id)];
  },
  'referral-deferred': async (parts, id) => {
    await qualified(parts, id, DEFERRING);
    const second = await qualified(parts, id, DEFERRING);
    const { ledger } = parts;
    await until(async () => (await ledger.findReferral(second.id)).deferred_until !== null);
    await raise(parts, id, DEFERRING);
    await rigOf(parts).process.changed(await ledger.findReferral(second.id));
    return [await closed(parts, second, id)];
  },
  'referral-refused': async (parts, id) => {
    const invited = await rigOf(parts).invite(`ada-${id}`);
    const use = { key: `use:${id}`, at: now(), referral_id: invited.id, account_id: `ada-${id}` };
    await rigOf(parts).process.changed((await parts.ledger.useLink(use)).value);
    return [await closed(parts, invited, id)];
  },
  'referral-expired': async (parts, id) => {
    const invited = await rigOf(parts).invite(`ada-${id}`);
    const later = new Date(Date.parse(invited.expires_at) + 1).toISOString();
    for (const ended of await parts.ledger.expireReferrals(later, 100)) {
      await rigOf(parts).process.changed(ended);
    }
    return [await closed(parts, invited, id)];
  },
  'referral-canceled': async (parts, id) => {
    const invited = await rigOf(parts).invite(`ada-${id}`);
    await handleOf(parts, invited).executeUpdate('cancel', { args: [{ reason: 'asked for' }] });
    return [await closed(parts, invited, id)];
  },
  'referral-cancellation-requested': async (parts, id) => {
    const invited = await rigOf(parts).invite(`ada-${id}`);
    await handleOf(parts, invited).cancel();
    return [await closed(parts, invited, id)];
  },
  'referral-joined-by-update': async (parts, id) => {
    const invited = await rigOf(parts).invite(`ada-${id}`);
    const friend = `friend-${invited.id}`;
    await parts.ledger.putAccount(friend, { plan: 'free', created_at: now() }, now());
    const handle = handleOf(parts, invited);
    await handle.executeUpdate('linkUsed', { args: [{ account_id: friend }] });
    await handle.executeUpdate('linkUsed', { args: [{ account_id: friend }] }).catch(() => undefined);
    await rigOf(parts).prompt(invited, 3);
    return [await closed(parts, invited, id)];
  },
  'referral-mailed-again': async (parts, id) => {
    const invited = await rigOf(parts).invite(`ada-${id}`);
    const { process } = rigOf(parts);
    for (let time = 1; time <= 4; time += 1) {
      await process.resend(invited, `resend:${id}:${time}`).catch(() => undefined);
    }
    await handleOf(parts, invited).executeUpdate('cancel', { args: [{ reason: 'asked for' }] });
    return [await closed(parts, invited, id)];
  },
  'referral-mail-refused': async (parts, id) => {
    parts.mail.refuseWith(550);
    const invited = await rewarded(parts, id);
    const recording = await closed(parts, invited, id);
    parts.mail.refuseWith(undefined);
    return [recording];
  },
  'referral-started-late': async (parts, id) => {
    // As `reconcile` starts one whose friend has done everything already.
    const { ledger } = parts;
    const request = inviteRequest(`ada-${id}`, { at: now() });
    const { value } = await ledger.invite(request);
    const account_id = `friend-${value.id}`;
    await ledger.putAccount(account_id, { plan: 'free', created_at: now() }, now());
    await ledger.useLink({ key: `use:${id}`, at: now(), referral_id: value.id, account_id });
    for (const prompt of ['p1', 'p2', 'p3']) {
      await ledger.recordActivity({ id: `${id}-${prompt}`, account_id, kind: 'prompt', at: now() });
    }
    await rigOf(parts).process.start(await ledger.findReferral(value.id));
    return [await closed(parts, value, id)];
  },
  'referral-continued': async (parts, id) => {
    const invited = await rigOf(parts).invite(`ada-${id}`);
    const handle = handleOf(parts, invited);
    const { runId } = await handle.describe();
    for (let times = 0; times < 10; times += 1) {
      await handle
        .executeUpdate('linkUsed', { args: [{ account_id: `nobody-${times}` }] })
        .catch(() => undefined);
    }
    await handle.executeUpdate('cancel', { args: [{ reason: 'enough' }] });
    return [
      { name: `${id}-first-run`, workflowId: referralWorkflowId(invited.id), runId },
      await closed(parts, invited, `${id}-last-run`),
    ];
  },
  'referral-invalid': async ({ client }, id) => {
    const workflowId = referralWorkflowId(id);
    await client.workflow.start(REFERRAL_WORKFLOW, { taskQueue: TASK_QUEUE, workflowId, args: [{}] });
    return [await ended(client, workflowId, id)];
  },
  'reward-window': async (parts, id) => {
    await rewarded(parts, id);
    const refused = await qualified(parts, id);
    await closed(parts, refused, id);
    const window = await raise(parts, id, PROGRAM);
    await window
      .executeUpdate('raiseCap', { args: [{ program: PROGRAM, cap: 1, reason: 'no' }] })
      .catch(() => 0);
    await rewarded(parts, id);
    await window.executeUpdate('release', { args: [{ referral_id: 'nobody', program: PROGRAM }] });
    await window.signal('changed', await parts.ledger.rewardWindow(`ada-${id}`, PROGRAM, now()));
    await window.query('status');
    return [{ name: id, workflowId: window.workflowId }];
  },
  'reward-window-closed': async (parts, id) => {
    const month = await endingIn(parts, id, 1_500);
    const windows = rewardWindows(parts.client, TASK_QUEUE);
    await windows.claim(month, 'in-time');
    await sleep(1_000);
    return [await ended(parts.client, rewardWindowWorkflowId(month.account_id, month.month), id)];
  },
  'reward-window-over': async (parts, id) => {
    const month = await endingIn(parts, id, 0);
    await rewardWindows(parts.client, TASK_QUEUE)
      .claim(month, 'late')
      .catch(() => undefined);
    return [await ended(parts.client, rewardWindowWorkflowId(month.account_id, month.month), id)];
  },
  'reward-window-continued': async (parts, id) => {
    const month = await endingIn(parts, id, 6_000);
    const windows = rewardWindows(parts.client, TASK_QUEUE);
    await windows.claim(month, 'first');
    const workflowId = rewardWindowWorkflowId(month.account_id, month.month);
    const { runId } = await parts.client.workflow.getHandle(workflowId).describe();
    for (let times = 0; times < 12; times += 1) await windows.claim(month, `again-${times % 2}`);
    return [
      { name: `${id}-first-run`, workflowId, runId },
      await ended(parts.client, workflowId, `${id}-last-run`),
    ];
  },
  'reward-window-invalid': async ({ client }, id) => {
    const workflowId = rewardWindowWorkflowId('ada', id);
    await client.workflow.start(REWARD_WINDOW_WORKFLOW, { taskQueue: TASK_QUEUE, workflowId, args: [{}] });
    return [await ended(client, workflowId, id)];
  },
};

function rigOf({ client, ledger }: Parts) {
  return referralRig({ client, ledger, now: async () => now(), replayLater: () => undefined });
}

function handleOf({ client }: Parts, referral: Referral) {
  return client.workflow.getHandle(referralWorkflowId(referral.id));
}

async function qualified(parts: Parts, id: string, program = PROGRAM): Promise<Referral> {
  const rig = rigOf(parts);
  const invited = await rig.invite(`ada-${id}`, { program });
  await rig.join(invited);
  return await rig.prompt(invited, invited.prompts_required);
}

async function rewarded(parts: Parts, id: string): Promise<Referral> {
  const referral = await qualified(parts, id);
  return await rigOf(parts).until(referral, 'rewarded');
}

async function raise({ client, ledger }: Parts, id: string, program: string) {
  const { month } = await ledger.rewardWindow(`ada-${id}`, program, now());
  const window = client.workflow.getHandle(rewardWindowWorkflowId(`ada-${id}`, month));
  const given = { program, cap: 2, reason: 'speaker at our conference', by: 'mia' };
  await window.executeUpdate('raiseCap', { args: [given] });
  return window;
}

/** A month that is nearly over. */
async function endingIn({ ledger }: Parts, id: string, milliseconds: number) {
  const month = await ledger.rewardWindow(`ada-${id}`, PROGRAM, now());
  return { ...month, ends_at: new Date(Date.now() + milliseconds).toISOString() };
}

async function closed({ client }: Parts, referral: Referral, name: string): Promise<Recording> {
  return await ended(client, referralWorkflowId(referral.id), name);
}

async function ended(client: Client, workflowId: string, name: string): Promise<Recording> {
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
