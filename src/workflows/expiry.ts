/**
 * Every few minutes, posts the expiry of the lots that are due: an expired credit is a movement in the statement. And
 * ends invitations that ran out, for they set no timers.
 */
import { proxyActivities, setWorkflowOptions } from '@temporalio/workflow';
import type { ExpiryActivities } from '../activities/expiry.ts';
import type { ReferralSweepActivities } from '../activities/referral-sweep.ts';
import type { ExpiryReport } from '../contracts/temporal.ts';
import { versioned } from './versioning.ts';

const { expireDueLots, expireInvitations } = proxyActivities<ExpiryActivities & ReferralSweepActivities>({
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
  return { ...lots, invitations_expired };
}
setWorkflowOptions(versioned('AUTO_UPGRADE'), expiry);
