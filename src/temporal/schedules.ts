/** Boon's recurring work, as Temporal Schedules: seen, paused and triggered by operators in the Web UI. */
import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type ScheduleOptions,
} from '@temporalio/client';
import {
  EXPIRY_WORKFLOW,
  RECONCILE_WORKFLOW,
  SCHEDULES,
  SETTLEMENT_SCHEDULE,
  SETTLEMENT_WORKFLOW,
} from '../contracts/temporal.ts';
import type { GiftProcesses } from '../domain/gift-processes.ts';

/** Which gifts have workflows of their own, and in how many parts the others are settled side by side. */
type SettledGifts = { processes: GiftProcesses; settlementParts: number };

/**
 * Creates the schedules, or brings those that exist up to date. Whether an operator has paused one, and why, stays.
 * Several workers may do it at once.
 */
export async function keepSchedules(
  client: Client,
  taskQueue: string,
  gifts: SettledGifts = { processes: 'each', settlementParts: 1 },
): Promise<void> {
  const isBatched = gifts.processes === 'batched';
  if (!isBatched) await removeSettlement(client);
  const settlement = isBatched ? [settlementSchedule(taskQueue, gifts.settlementParts)] : [];
  for (const schedule of [...schedules(taskQueue), ...settlement]) {
    try {
      await client.schedule.create(schedule);
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      const { spec, action, policies } = schedule;
      const handle = client.schedule.getHandle(schedule.scheduleId);
      await handle.update(({ state }) => ({ spec, action, policies: policies ?? {}, state }));
    }
  }
}

/** Each gift has its own workflow now: `reconcile` starts those of gifts that have none yet. */
async function removeSettlement(client: Client): Promise<void> {
  try {
    await client.schedule.getHandle(SETTLEMENT_SCHEDULE).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

function settlementSchedule(taskQueue: string, parts: number): ScheduleOptions {
  const work = {
    workflowType: SETTLEMENT_WORKFLOW,
    taskQueue,
    summary: 'Settles the gifts that are due',
    note: 'Gifts without workflows of their own. While it is paused they settle late, and nothing is lost: `reconcile` ends what is ten minutes late. Safe to trigger at any time.',
    args: [{ parts }],
    runTimeout: '5 minutes',
  } as const;
  return recurring(SETTLEMENT_SCHEDULE, '10 seconds', work);
}

function schedules(taskQueue: string): ScheduleOptions[] {
  return [
    recurring(SCHEDULES.reconcile, '1 minute', {
      workflowType: RECONCILE_WORKFLOW,
      taskQueue,
      summary: 'Holds ledger and Temporal together',
      note: 'Starts the processes that are missing, ends gifts whose process is gone, seals the ledger. Safe to pause for minutes and to trigger at any time.',
    }),
    recurring(SCHEDULES.expiry, '5 minutes', {
      workflowType: EXPIRY_WORKFLOW,
      taskQueue,
      summary: 'Posts the expiry of credits and resets that are due',
      note: 'Until it has run, an expired lot is still shown as available. Ends invitations that ran out, redeems resets at their last moment, returns those of no use and mails reminders, too. Safe to trigger at any time.',
    }),
  ];
}

/**
 * No run holds up those that follow for longer: a run of `reconcile` that has much to start goes on in another one after some
 * minutes.
 */
const RUN_TIMEOUT = '30 minutes';

type Recurring = {
  workflowType: string;
  taskQueue: string;
  summary: string;
  note: string;
  args?: readonly object[];
  runTimeout?: '5 minutes';
};

function recurring(
  scheduleId: string,
  every: '10 seconds' | '1 minute' | '5 minutes',
  work: Recurring,
): ScheduleOptions {
  return {
    scheduleId,
    spec: { intervals: [{ every }] },
    action: {
      type: 'startWorkflow',
      workflowType: work.workflowType,
      workflowId: scheduleId,
      taskQueue: work.taskQueue,
      args: [...(work.args ?? [])],
      staticSummary: work.summary,
      workflowRunTimeout: work.runTimeout ?? RUN_TIMEOUT,
    },
    // One run at a time, and none for what was missed: the next run does all that is due.
    policies: { overlap: 'SKIP', catchupWindow: '1 minute' },
    state: { note: work.note },
    memo: { what: work.summary },
  };
}
