/** What the schedule `boon-expiry` does every few minutes, done at the very moments at which it has something to do. */
import { type Client, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { dutyFailed } from '../contracts/stuck-item.ts';
import { EXPIRY_WORKFLOW, type ExpiryReport, TASK_QUEUE } from '../contracts/temporal.ts';
import { type Duty, EVER, MOST, soonest } from './duty.ts';
import type { TestClock } from './test-clock.ts';
import type { Traveller } from './traveller.ts';

/** Banked resets and invitations. @param since the moment of the stop before. */
export function dueSweeps(traveller: Traveller, since: Date): Duty {
  const { clock, ledger } = traveller;
  let swept = false;

  return {
    async next(horizon) {
      const reset = await ledger.nextResetMoment(clock.now().toISOString());
      return soonest([reset, ...(await invitations())], traveller, horizon);
    },

    async bringAbout() {
      if (swept) return [];
      swept = true;
      const now = clock.now().getTime();
      const moments = [await ledger.nextResetMoment(since.toISOString()), ...(await invitations())];
      const isDue = moments.some((moment) => moment !== undefined && Date.parse(moment) <= now);
      if (!isDue) return [];
      await postExpiries(traveller);
      return ['what has expired'];
    },
  };

  /** When the open ones run out. */
  async function invitations(): Promise<string[]> {
    const { data } = await ledger.openReferrals(EVER, { limit: MOST });
    const waiting = data.filter(({ status }) => status === 'invited' || status === 'joined');
    return waiting.map(({ expires_at }) => expires_at);
  }
}

/** Posts what has expired, credits too, and sends the reminders that are due. */
export async function postExpiries({
  temporal,
  clock,
}: {
  temporal: Client;
  clock: TestClock;
}): Promise<void> {
  try {
    await temporal.workflow.execute(EXPIRY_WORKFLOW, {
      taskQueue: TASK_QUEUE,
      workflowId: `boon-expiry-${clock.now().toISOString()}`,
      args: [],
    });
  } catch (error) {
    if (!onlyMailsFailed(error)) throw error;
  }
}

const MAILING = ['reset_reminders', 'credit_reminders', 'letters'];

/** A mail that could not be sent holds up no test: time goes on, and later runs try again. */
function onlyMailsFailed(error: unknown): boolean {
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  const report = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
  const { duties } = (report ?? {}) as Partial<ExpiryReport>;
  if (duties === undefined) return false;
  const failed = Object.entries(duties).filter(([, one]) => dutyFailed(one));
  return failed.every(([what]) => MAILING.includes(what));
}
