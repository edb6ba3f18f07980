/**
 * Every few minutes, posts the expiry of the lots and banked resets that are due: an expired credit is a movement in the
 * statement. And ends invitations that ran out, for they set no timers; redeems resets at their last moment where their
 * owner wants it, returns those that were of no use, and reminds of those that expire soon. And keeps the months of usage,
 * and mails the letters that no process does.
 * Each of these is done whatever happened to the others, and the run fails in the end if anything of them did.
 */
import { patched, proxyActivities, setWorkflowOptions } from '@temporalio/workflow';
import type { ExpiryActivities } from '../activities/expiry.ts';
import type { LetterActivities } from '../activities/letters.ts';
import type { PurchaseMailActivities } from '../activities/purchases/purchase-mail.ts';
import type { ReferralSweepActivities } from '../activities/referrals/referral-sweep.ts';
import type { ResetMailActivities } from '../activities/resets/reset-mail.ts';
import type { ResetActivities } from '../activities/resets/resets.ts';
import type { UsageActivities } from '../activities/usage/usage.ts';
import type { ExpiryReport } from '../contracts/temporal.ts';
import { counted, Duties } from './duties.ts';
import { versioned } from './versioning.ts';

const {
  expireDueLots,
  expireInvitations,
  sweepResets,
  tendUsage,
  remindOfResets,
  remindOfCredits,
  deliverLetters,
} = proxyActivities<
  ExpiryActivities &
    ReferralSweepActivities &
    ResetActivities &
    UsageActivities &
    ResetMailActivities &
    PurchaseMailActivities &
    LetterActivities
>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '1 minute',
  // A run that fails is followed by the next one of the schedule.
  retry: { initialInterval: '1 second', maximumAttempts: 3 },
});

export async function expiry(): Promise<ExpiryReport> {
  const at = new Date().toISOString();
  const duties = new Duties();
  const lots = await duties.do(['lots'], { lots_expired: 0, credits_expired: '0' }, () =>
    expireDueLots.executeWithOptions({ summary: 'Post the expiry of due lots' }, [at]),
  );
  const invitations = await duties.do(['invitations'], { count: 0, duties: {} }, () =>
    expireInvitations.executeWithOptions({ summary: 'End invitations that ran out' }, [at]),
  );
  const resets = await duties.do(
    ['redemptions', 'reset_expiries', 'reset_returns'],
    { resets_redeemed: 0, resets_expired: 0, resets_returned: 0 },
    () => sweepResets.executeWithOptions({ summary: 'Post what time does to resets' }, [at]),
  );
  const usage = await duties.do(['usage_months'], { usage_months_dropped: 0 }, () =>
    tendUsage.executeWithOptions({ summary: 'Make and drop months of usage' }, [at]),
  );
  const reminders = await duties.do(['reset_reminders'], { reminders_sent: 0, reminders_failed: 0 }, () =>
    remindOfResets.executeWithOptions({ summary: 'Remind of resets that expire soon' }, [at]),
  );
  const creditReminders = await duties.do(
    ['credit_reminders'],
    { credit_reminders_sent: 0, credit_reminders_failed: 0 },
    () => remindOfCredits.executeWithOptions({ summary: 'Remind of bought credits that expire soon' }, [at]),
  );
  // Runs of earlier versions left letters to the processes alone.
  const letters = patched('letters-are-swept')
    ? await duties.do(['letters'], { letters_sent: 0, letters_failed: 0, letters_given_up: 0 }, () =>
        deliverLetters.executeWithOptions({ summary: 'Mail the letters that no process sends' }, [at]),
      )
    : {};
  const report: ExpiryReport = {
    ...lots,
    invitations_expired: counted(invitations),
    ...resets,
    ...usage,
    ...reminders,
    ...creditReminders,
    ...letters,
    duties: duties.reports,
  };
  duties.end(report);
  return report;
}
setWorkflowOptions(versioned('AUTO_UPGRADE'), expiry);
