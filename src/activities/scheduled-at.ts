/** The time at which an activity was asked for, where its input of an earlier version does not say. */
import { activityInfo } from '@temporalio/activity';

export function scheduledAt(): string {
  return new Date(activityInfo().currentAttemptScheduledTimestampMs).toISOString();
}

/** The time of this attempt of an activity that was asked for at `at`. */
export function attemptAt(at: string | undefined): string {
  if (at === undefined) return scheduledAt();
  const { currentAttemptScheduledTimestampMs: now, scheduledTimestampMs: first } = activityInfo();
  return new Date(Date.parse(at) + Math.max(now - first, 0)).toISOString();
}
