/**
 * Every few minutes, posts the expiry of the lots and banked resets that are due: an expired credit is a movement in the
 * statement. And ends invitations that ran out, for they set no timers; redeems resets at their last moment where their
 * owner wants it, returns those that were of no use, and reminds of those that expire soon. And keeps the months of usage.
 */
import { log, proxyActivities, setWorkflowOptions } from '@temporalio/workflow';
import type { ExpiryActivities } from '../activities/expiry.ts';
import type { PurchaseMailActivities } from '../activities/purchase-mail.ts';
import type { ReferralSweepActivities } from '../activities/referral-sweep.ts';
import type { ResetMailActivities } from '../activities/reset-mail.ts';
import type { ResetActivities } from '../activities/resets.ts';
import type { UsageActivities } from '../activities/usage.ts';
import type { CreditReminderReport, ExpiryReport, ReminderReport } from '../contracts/temporal.ts';
import { versioned } from './versioning.ts';

const { expireDueLots, expireInvitations, sweepResets, tendUsage, remindOfResets, remindOfCredits } =
  proxyActivities<
    ExpiryActivities &
      ReferralSweepActivities &
      ResetActivities &
      UsageActivities &
      ResetMailActivities &
      PurchaseMailActivities
  >({
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: '1 minute',
    // A run that fails is followed by the next one of the schedule.
    retry: { initialInterval: '1 second', maximumAttempts: 3 },
  });

export async function expiry(): Promise<ExpiryReport> {
  const at = new Date().toISOString();
  const lots = await expireDueLots.executeWithOptions({ summary: 'Post the expiry of due lots' }, [at]);
  const invitations_expired = await expireInvitations.executeWithOptions(
    { summary: 'End invitations that ran out' },
    [at],
  );
  const resets = await sweepResets.executeWithOptions({ summary: 'Post what time does to resets' }, [at]);
  const usage = await tendUsage.executeWithOptions({ summary: 'Make and drop months of usage' }, [at]);
  return {
    ...lots,
    invitations_expired,
    ...resets,
    ...usage,
    ...(await remind(at)),
    ...(await remindOfLots(at)),
  };
}
setWorkflowOptions(versioned('AUTO_UPGRADE'), expiry);

/** Mails come last and hold up nothing. */
async function remind(at: string): Promise<ReminderReport> {
  try {
    return await remindOfResets.executeWithOptions({ summary: 'Remind of resets that expire soon' }, [at]);
  } catch (error) {
    log.warn('Reminders were not sent', { error: String(error) });
    return { reminders_sent: 0, reminders_failed: 0 };
  }
}

async function remindOfLots(at: string): Promise<CreditReminderReport> {
  try {
    return await remindOfCredits.executeWithOptions(
      { summary: 'Remind of bought credits that expire soon' },
      [at],
    );
  } catch (error) {
    log.warn('Reminders were not sent', { error: String(error) });
    return { credit_reminders_sent: 0, credit_reminders_failed: 0 };
  }
}
