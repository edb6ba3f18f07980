/** The time at which an activity was asked for, where its input of an earlier version does not say. */
import { activityInfo } from '@temporalio/activity';

export function scheduledAt(): string {
  return new Date(activityInfo().currentAttemptScheduledTimestampMs).toISOString();
}
