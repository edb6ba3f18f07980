/** Holding the ledger's referrals and their processes together, and ending invitations that ran out. */

import { heartbeat, log } from '@temporalio/activity';
import { type Referral, referralWorkflowId } from '../../contracts/referrals/referral.ts';
import type { Counted } from '../../contracts/stuck-item.ts';
import type { ReferralSweepReport } from '../../contracts/temporal.ts';
import type { Instant } from '../../domain/instant.ts';
import { OPEN_REFERRAL_STATUSES } from '../../domain/referral-status.ts';
import type { Page, PageRequest } from '../../ledger/postgres/page.ts';
import type { Referrals } from '../../ledger/referrals/referrals.ts';
import type { StuckItems } from '../../ledger/stuck-items.ts';
import { type DutyLedger, type DutyRun, duty, smallerPages } from '../duty.ts';
import { findLostReferrals } from './lost-referrals.ts';
import type { ReferralRuns } from './referral-runs.ts';
import { startMissingWindows, type WindowRuns } from './window-sweep.ts';

export type ReferralSweepActivities = ReturnType<typeof referralSweepActivities>;

/** What happened to referrals between the two times. */
export type ReferralSweep = { since: Instant | undefined; before: Instant; at: Instant };

/** How far back a first run looks for what has closed. */
const A_DAY = 86_400_000;
/** How many one query to Temporal's visibility asks about. */
const PAGE = 100;
/** How many invitations are ended in one call. */
const EXPIRED = 500;
/**
 * A process that continues after it was signaled to end is signaled again: a letter may be on its way, or the signal
 * was lost.
 */
const TOLD_AGAIN = 600_000;
/** How many processes are signaled at a time. */
const TOLD = 50;
/** A reward this late is not being claimed: its process is gone, or makes no progress. */
const LATE = 600_000;

export function referralSweepActivities(
  ledger: Referrals & DutyLedger & Pick<StuckItems, 'firstDue'>,
  runs: ReferralRuns,
  windows: WindowRuns,
) {
  return {
    /** Starts missing processes, signals those that missed an end, and has due rewards claimed. */
    async sweepReferrals({ since, before, at }: ReferralSweep): Promise<ReferralSweepReport> {
      const report: ReferralSweepReport = { started: 0, ended: 0, due: 0, paid: 0 };
      const referrals = await duty(ledger, 'referrals', at, (run) =>
        hold(run, { since, before, at }, report),
      );
      const rewards = await duty(ledger, 'rewards', at, (run) => payWhatIsDue(run, before, report));
      const reward_windows = await duty(ledger, 'reward_windows', at, async (run) => {
        report.windows_started = await startMissingWindows(run, ledger, windows, since ?? dayBefore(at));
      });
      if (report.started + report.paid > 0) log.warn('Referrals had lost their processes', report);
      return { ...report, duties: { referrals, rewards, reward_windows } };
    },

    /** Ends every invitation that ran out by `at` and signals their processes, a page at a time. */
    async expireInvitations(at: Instant): Promise<Counted> {
      let count = 0;
      const invitations = await duty(ledger, 'invitations', at, (run) =>
        smallerPages(run, EXPIRED, {
          page: async (limit) => {
            const expired = await ledger.expireReferrals(at, limit);
            count += expired.length;
            await tellAll(expired);
            heartbeat(count);
            return { done: expired.length, isLast: expired.length < limit };
          },
          none: () => ledger.expireReferrals(at, 0),
          first: () => ledger.firstDue('invitations', at),
          passesOverLocked: true,
        }),
      );
      return { count, duties: { invitations } };
    },
  };

  /** Starts missing processes, and signals an end to those that run. */
  async function hold(
    run: DutyRun,
    { since, before, at }: ReferralSweep,
    report: ReferralSweepReport,
  ): Promise<void> {
    const beat = () => heartbeat(report);
    for (const id of run.dueAgain) {
      const restarted = await run.try(id, async () => {
        const referral = await ledger.findReferral(id);
        return isOpen(referral) && (await startAgain(referral));
      });
      if (restarted === true) report.started += 1;
    }
    const open = (page: PageRequest) => ledger.openReferrals(before, page, since);
    for await (const referrals of pages(open)) {
      for (const missing of await notRunning(referrals)) {
        if ((await run.try(missing.id, () => startAgain(missing))) === true) report.started += 1;
      }
      beat();
    }
    const lost = { run, ledger, runs, startAgain, since: since ?? dayBefore(at) };
    report.started += await findLostReferrals(lost);
    await tellEnds({ before, at }, report);
  }

  /** Signals processes that continue though their referral has ended; those that are over are not looked for again. */
  async function tellEnds(
    { before, at }: Pick<ReferralSweep, 'before' | 'at'>,
    report: ReferralSweepReport,
  ): Promise<void> {
    const times = { before, toldBy: new Date(Date.parse(at) - TOLD_AGAIN).toISOString() };
    for await (const referrals of pages((page) => ledger.untoldEnds(times, page))) {
      const running = await runningOf(referrals);
      await tellAll(running);
      const over = referrals.filter((one) => !running.includes(one));
      await ledger.noteEndsTold({ over: over.map(idOf), told: running.map(idOf) }, at);
      report.ended += running.length;
      heartbeat(report);
    }
  }

  /** A deferred reward's process is signaled that its month has come; a late one's is not waited for. */
  async function payWhatIsDue(run: DutyRun, before: Instant, report: ReferralSweepReport): Promise<void> {
    const due = await ledger.dueRewards(before, EXPIRED, run.at);
    for (const ids of batches(due, TOLD)) {
      const read = await Promise.all(ids.map((id) => run.try(id, () => ledger.findReferral(id), 0)));
      const referrals = read.filter((one) => one !== undefined);
      const gone = await notRunning(referrals);
      const late = referrals.filter(
        (one) => gone.includes(one) || Date.parse(dueAt(one)) + LATE < Date.parse(run.at),
      );
      const rewarded = await Promise.all(
        late.map(({ id }) => run.try(id, () => ledger.rewardReferral(id, run.at))),
      );
      const paid = rewarded.filter((one) => one !== undefined);
      await tellAll(paid);
      await tellAll(referrals.filter((one) => !late.includes(one)));
      report.due += referrals.length;
      report.paid += paid.length;
      heartbeat(report);
    }
  }

  /** One that has completed though the ledger, asked after that, has it open, did so by mistake: it begins again. */
  async function startAgain(referral: Referral): Promise<boolean> {
    if (await runs.restart(referral)) return true;
    const now = await ledger.findReferral(referral.id);
    return isOpen(now) && (await runs.restart(now, 'completed'));
  }

  async function tellAll(referrals: readonly Referral[]): Promise<void> {
    for (const some of batches(referrals, TOLD)) await Promise.all(some.map((one) => runs.tell(one)));
  }

  async function runningOf(referrals: readonly Referral[]): Promise<Referral[]> {
    if (referrals.length === 0) return [];
    const running = await runs.running(referrals.map(({ id }) => referralWorkflowId(id)));
    return referrals.filter(({ id }) => running.has(referralWorkflowId(id)));
  }

  async function notRunning(referrals: readonly Referral[]): Promise<Referral[]> {
    const running = await runningOf(referrals);
    return referrals.filter((one) => !running.includes(one));
  }
}

function dayBefore(at: Instant): string {
  return new Date(Date.parse(at) - A_DAY).toISOString();
}

async function* pages(ask: (page: PageRequest) => Promise<Page<Referral>>): AsyncGenerator<Referral[]> {
  let cursor: string | undefined;
  do {
    const request = { limit: PAGE, cursor };
    const page = await ask(request);
    yield page.data;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
}

function batches<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
}

function idOf({ id }: Referral): string {
  return id;
}

function isOpen({ status }: Referral): boolean {
  return OPEN_REFERRAL_STATUSES.includes(status);
}

function dueAt({ deferred_until, qualified_at }: Referral): string {
  return deferred_until ?? qualified_at ?? '';
}
