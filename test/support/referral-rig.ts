/** Referrals on the parts of a gift rig: invited, joined and prompted as the API does it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import {
  type Referral,
  type ReferralWorkflow,
  referralWorkflowId,
  rewardWindowWorkflowId,
} from '../../src/contracts/referrals/referral.ts';
import type { ReferralProcess } from '../../src/contracts/referrals/referral-process.ts';
import { TASK_QUEUE } from '../../src/contracts/temporal.ts';
import type { ReferralStatus } from '../../src/domain/referral-status.ts';
import type { InviteRequest } from '../../src/ledger/referrals/invitations.ts';
import { createReferralProcess } from '../../src/temporal/referrals/referral-process.ts';
import type { GiftRig } from './gift-rig.ts';
import { inviteRequest } from './referrals.ts';
import { newKey, type PolicyPatch } from './test-ledger.ts';

/** Both programs open at any time and to everybody. */
export const OPEN_PROGRAMS: PolicyPatch = {
  programs: {
    'codex-pilot': { opens_at: null, closes_at: null },
    'codex-selective': { cohort: null, invites: 1000 },
  },
};

/** A mail that was on its way when its worker was killed is tried again a minute later. */
const PATIENCE = 100_000;

export type ReferralRig = {
  process: ReferralProcess;
  /** Invites a new friend, and starts the process. */
  invite: (referrer: string, more?: Partial<InviteRequest>) => Promise<Referral>;
  /** An account of the friend's, made now, uses the link; its id is the referral's. */
  join: (referral: Referral) => Promise<Referral>;
  /** So many prompts of the friend; answers how the referral stands after them. */
  prompt: (referral: Referral, times?: number) => Promise<Referral>;
  /** Waits in real time until the ledger has the referral in this status. */
  until: (referral: Referral, status: ReferralStatus) => Promise<Referral>;
  untilClosed: (referral: Referral) => Promise<void>;
  handle: (referral: Referral) => WorkflowHandle<ReferralWorkflow>;
  /** The process of the referrer's present month. */
  window: (referrer: string, program?: string) => Promise<WorkflowHandle>;
};

/** @param taskQueue where its processes run, where it is not the rig's. */
export function referralRig(
  rig: Pick<GiftRig, 'client' | 'ledger' | 'now' | 'replayLater'>,
  taskQueue = TASK_QUEUE,
): ReferralRig {
  const { client, ledger } = rig;
  const process = createReferralProcess({ client, taskQueue });
  const handle = (referral: { id: string }) =>
    client.workflow.getHandle<ReferralWorkflow>(referralWorkflowId(referral.id));
  const friendOf = ({ id }: { id: string }) => `friend-${id}`;

  return {
    process,
    handle,
    async invite(referrer, more = {}) {
      const { value } = await ledger.invite(inviteRequest(referrer, { at: await rig.now(), ...more }));
      await process.start(value);
      rig.replayLater(referralWorkflowId(value.id));
      return value;
    },
    async join(referral) {
      const at = await rig.now();
      await ledger.putAccount(friendOf(referral), { plan: 'free', created_at: at }, at);
      const used = { key: newKey('link'), at, referral_id: referral.id, account_id: friendOf(referral) };
      const { value } = await ledger.useLink(used);
      await process.changed(value);
      return value;
    },
    async prompt(referral, times = 1) {
      for (let sent = 0; sent < times; sent += 1) {
        const event = { id: newKey('prompt'), account_id: friendOf(referral), kind: 'prompt' } as const;
        const changed = await ledger.recordActivity({ ...event, at: await rig.now() });
        if (changed !== undefined) await process.prompted(changed);
      }
      return await ledger.findReferral(referral.id);
    },
    async until(referral, status) {
      const end = Date.now() + PATIENCE;
      for (;;) {
        const found = await ledger.findReferral(referral.id);
        if (found.status === status) return found;
        if (Date.now() > end)
          throw new Error(`It is ${found.status}, not ${status}: ${JSON.stringify(found)}`);
        await pause(50);
      }
    },
    async untilClosed(referral) {
      const end = Date.now() + PATIENCE;
      while ((await handle(referral).describe()).status.name === 'RUNNING') {
        if (Date.now() > end) throw new Error(`The workflow of ${referral.id} still runs`);
        await pause(50);
      }
    },
    async window(referrer, program = 'codex-selective') {
      const { month } = await ledger.rewardWindow(referrer, program, await rig.now());
      return client.workflow.getHandle(rewardWindowWorkflowId(referrer, month));
    },
  };
}
