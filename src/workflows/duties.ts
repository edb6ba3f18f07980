/**
 * The duties of a recurring run: each is done whatever happened to the others; the run reports, and fails only at the
 * end.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  log,
  patched,
  proxyActivities,
  setCurrentDetails,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { StuckDutyActivities } from '../activities/stuck-duties.ts';
import {
  type Counted,
  type DutyReports,
  dutyFailed,
  dutyLine,
  type StuckDuty,
} from '../contracts/stuck-item.ts';

const { noteStuckDuties } = proxyActivities<StuckDutyActivities>({
  startToCloseTimeout: '20 seconds',
  retry: { initialInterval: '1 second', maximumAttempts: 2 },
});

/** The failure that a run ends with when a duty, or an item of one, failed. Its details hold the run's report. */
export const DUTIES_FAILED = 'duties_failed';

/** What a run has done of its duties, and which of them failed. */
export class Duties {
  readonly #reports: DutyReports;

  /** @param before what happened to them in the runs that this one continues */
  constructor(before: DutyReports = {}) {
    this.#reports = { ...before };
    this.#show();
  }

  get reports(): DutyReports {
    return this.#reports;
  }

  /**
   * Does what `names` stand for, and notes how that went. Where it fails altogether, none of these duties was done, and
   * `instead` is the answer.
   */
  async do<T extends { duties?: DutyReports } | number>(
    names: readonly StuckDuty[],
    instead: T,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      const answer = await work();
      // Runs of earlier versions got a number, or nothing about duties.
      if (typeof answer === 'object' && answer !== null) this.#note(answer.duties ?? {});
      return answer;
    } catch (error) {
      // A run of an earlier version ended here.
      if (isCancellation(error) || !patched('each-duty-by-itself')) throw error;
      const text = textOf(error);
      log.warn('A duty could not be done', { duties: names.join(', '), error: text });
      this.#note(
        Object.fromEntries(names.map((name) => [name, { done: 0, failed: 0, oldest: null, error: text }])),
      );
      // One that throws has noted it; one that hangs, or whose worker died, could not.
      if (patched('duties-that-hang-are-noted')) await noteStuck(names, text);
      return instead;
    }
  }

  /** Whether all went well so far. */
  get allDone(): boolean {
    return !Object.values(this.#reports).some(dutyFailed);
  }

  /** Throws when something failed; the failure says what, and holds the report. */
  end(report: object): void {
    if (this.allDone) return;
    const lines = Object.entries(this.#reports).filter(([, report]) => dutyFailed(report));
    throw ApplicationFailure.create({
      message: `${lines.map(([what, report]) => dutyLine(what, report)).join('. ')}. See \`boon stuck list\`.`,
      type: DUTIES_FAILED,
      nonRetryable: true,
      details: [report],
    });
  }

  #note(reports: DutyReports): void {
    for (const [name, report] of Object.entries(reports)) {
      const what = name as StuckDuty;
      const before = this.#reports[what];
      // A duty of several stretches: what was done and failed in all of them.
      this.#reports[what] =
        before === undefined
          ? report
          : { ...before, ...report, done: before.done + report.done, failed: before.failed + report.failed };
    }
    this.#show();
  }

  #show(): void {
    const lines = Object.entries(this.#reports).map(([what, report]) => {
      const line = dutyLine(what, report);
      return `- ${dutyFailed(report) ? `**${line}**` : line}`;
    });
    // Web UI 2.42 cuts off the last line.
    setCurrentDetails([...lines, 'What is stuck: `boon stuck list`.', '---'].join('\n'));
  }
}

/** If the ledger is down this cannot be noted either: the run reports it. */
async function noteStuck(names: readonly StuckDuty[], error: string): Promise<void> {
  try {
    const options = { summary: 'Note what came to no end' };
    await noteStuckDuties.executeWithOptions(options, [names, error, new Date().toISOString()]);
  } catch (failure) {
    if (isCancellation(failure)) throw failure;
    log.warn('A duty that is stuck could not be noted', { duties: names.join(', '), error: textOf(failure) });
  }
}

/** The number of an answer, which earlier versions gave alone. */
export function counted(answer: Counted | number): number {
  return typeof answer === 'number' ? answer : answer.count;
}

/** An activity's failure says only that it failed; its cause says why. */
function textOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
  if (cause instanceof TimeoutFailure) return `it came to no end in time (${cause.message})`;
  return cause instanceof Error ? cause.message : String(cause);
}
