/** The time at which an activity was asked for, where its input of an earlier version does not say. */
import { activityInfo } from '@temporalio/activity';
import type { Instant } from '../domain/instant.ts';

/** The time at which this attempt was scheduled: the present moment of an activity, whatever the worker’s clock says. */
export function scheduledAt(): string {
  return new Date(activityInfo().currentAttemptScheduledTimestampMs).toISOString();
}

/** The time of this attempt of an activity that was asked for at `at`. */
export function attemptAt(at: Instant | undefined): string {
  if (at === undefined) return scheduledAt();
  const { currentAttemptScheduledTimestampMs: now, scheduledTimestampMs: first } = activityInfo();
  return new Date(Date.parse(at) + Math.max(now - first, 0)).toISOString();
}
