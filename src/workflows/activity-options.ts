/** How processes wait for their activities: one patience for each kind of work. */
import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';

/**
 * A short call of the ledger, as a local activity. It is retried until the ledger answers; a longer wait is a timer of the
 * server, so that no task stays open.
 */
export const LEDGER_CALL: LocalActivityOptions = {
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '250 milliseconds', backoffCoefficient: 2, maximumInterval: '2 minutes' },
  localRetryThreshold: '4 seconds',
};

/** What has to happen, however long the payment provider or the database is away. */
export const UNTIL_DONE: ActivityOptions = {
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 minutes' },
};

/** A letter, or other work that must not hold up the rest: a mail server may be down for hours; it is given up after a day. */
export const FOR_A_DAY: ActivityOptions = {
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
};
