/**
 * A duty of the schedules: one fault in it stays alone. Each item is tried by itself; one that fails is put aside with its
 * error, in the ledger, and left out until its next try. A duty never rejects: its report says what failed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { BoonError } from '../contracts/errors.ts';
import { type DutyReport, type StuckDuty, type StuckItem, WHOLE_DUTY } from '../contracts/stuck-item.ts';
import type { Instant } from '../domain/instant.ts';
import { isError } from '../domain/is-error.ts';
import type { StuckItems } from '../ledger/stuck-items.ts';
import { ProcessFailed } from './process-failed.ts';

/** What is noted of an error: some lines of a log, not a page. */
const LONGEST_ERROR = 500;
/** This many failures in a row are not the items' fault: what they need is down, and the next run tries again. */
const GIVE_UP_AFTER = 20;
/** How often, and how much later in milliseconds, rows are looked for that a statement which failed may still have locked. */
const MOST_LOOKS = 5;
const UNLOCKED_WITHIN = 50;

export type DutyLedger = Pick<StuckItems, 'putAside' | 'stuckItemsOf' | 'forgetStuck'>;

/** One run of a duty. */
export class DutyRun {
  readonly at: Instant;
  readonly #ledger: DutyLedger;
  readonly #what: StuckDuty;
  readonly #stuck: Map<string, StuckItem>;
  readonly #failed = new Set<string>();
  readonly #giveUpAfter: number;
  readonly #isOfOneItem: (error: unknown) => boolean;
  #done = 0;
  #inRow = 0;

  constructor(
    ledger: DutyLedger,
    what: StuckDuty,
    at: Instant,
    stuck: readonly StuckItem[],
    giveUpAfter: number,
    isOfOneItem: (error: unknown) => boolean,
  ) {
    this.#giveUpAfter = giveUpAfter;
    this.#isOfOneItem = isOfOneItem;
    this.#ledger = ledger;
    this.#what = what;
    this.at = at;
    this.#stuck = new Map(stuck.map((one) => [one.item, one]));
  }

  /** Whether it waits for its next try, which is later, or has failed in this run. */
  isAside(item: string): boolean {
    const stuck = this.#stuck.get(item);
    return (
      this.#failed.has(item) || (stuck !== undefined && Date.parse(stuck.next_try_at) > Date.parse(this.at))
    );
  }

  /** Whether it has failed before, in another run. */
  isStuck(item: string): boolean {
    return this.#stuck.has(item);
  }

  /** Items whose next try is this run. */
  get dueAgain(): string[] {
    return [...this.#stuck.keys()].filter((item) => item !== WHOLE_DUTY && !this.isAside(item));
  }

  /** What failed in this run. */
  get failed(): number {
    return this.#failed.size;
  }

  /** Counts what was done without {@link try}: a page, say. */
  did(items: number): void {
    this.#done += items;
    if (items > 0) this.#inRow = 0;
  }

  /**
   * Tries an item by itself, unless it is aside; undefined when it is, or has failed.
   * @param counts 0 for what is only looked at first
   * @throws its error when that many others in a row have failed too
   */
  async try<T>(item: string, work: () => Promise<T>, counts = 1): Promise<T | undefined> {
    if (this.isAside(item)) return undefined;
    try {
      const answer = await work();
      this.did(counts);
      return answer;
    } catch (error) {
      if (isCanceled(error)) throw error;
      await this.putAside(item, error);
      return undefined;
    }
  }

  /** @throws the error when that many others in a row have failed too */
  async putAside(item: string, error: unknown): Promise<void> {
    log.warn('An item is stuck', { what: this.#what, item, error: errorText(error) });
    this.#failed.add(item);
    await this.#ledger.putAside(this.#what, item, errorText(error), this.at);
    if (error instanceof ProcessFailed || this.#isOfOneItem(error)) return;
    this.#inRow += 1;
    if (this.#inRow >= this.#giveUpAfter) throw error;
  }

  /** All that was due again has been tried: what has not failed is done, or there is nothing to do about it any more. */
  async end(): Promise<DutyReport> {
    const over = [...this.dueAgain, ...(this.#stuck.has(WHOLE_DUTY) ? [WHOLE_DUTY] : [])];
    if (over.length > 0) await this.#ledger.forgetStuck(this.#what, over);
    return this.report;
  }

  get report(): DutyReport {
    const waiting = [...this.#stuck.values()].filter(({ item }) => item !== WHOLE_DUTY && this.isAside(item));
    const oldest = waiting[0]?.since ?? (this.#failed.size > 0 ? this.at : null);
    return { done: this.#done, failed: this.#failed.size, oldest };
  }
}

/**
 * Runs a duty to its end, or to the error that stops it, which is noted too. Rejects only when it is canceled.
 * @param giveUpAfter failures in a row after which whatever all items need is assumed to be down
 * @param isOfOneItem failures that say nothing of other items, however many in a row
 */
export async function duty(
  ledger: DutyLedger,
  what: StuckDuty,
  at: Instant,
  work: (run: DutyRun) => Promise<void>,
  giveUpAfter = GIVE_UP_AFTER,
  isOfOneItem: (error: unknown) => boolean = () => false,
): Promise<DutyReport> {
  let run: DutyRun | undefined;
  try {
    run = new DutyRun(ledger, what, at, await ledger.stuckItemsOf(what), giveUpAfter, isOfOneItem);
    await work(run);
    return await run.end();
  } catch (error) {
    if (isCanceled(error)) throw error;
    const text = errorText(error);
    log.warn('A duty could not be done', { what, error: text });
    // If the ledger is down this cannot be noted either: the run reports it.
    await ledger.putAside(what, WHOLE_DUTY, text, at).catch(() => undefined);
    return { ...(run?.report ?? { done: 0, failed: 0, oldest: null }), error: text };
  }
}

/**
 * Pages that the ledger chooses: smaller ones where a page fails, until the one item that fails stands alone and is put
 * aside, which leaves it out of the pages that follow.
 * @param page does at most so many, answers how many; what is aside is not among them
 * @param none a page of no item: where that fails too, it is no item's fault
 * @param first the item that the next page begins with
 * @param passesOverLocked a page leaves out locked rows. The server reports an error before it unlocks the rows, so
 * after one a page that finds nothing may have passed over all of them
 */
export async function smallerPages(
  run: DutyRun,
  most: number,
  {
    page,
    none,
    first,
    passesOverLocked,
  }: {
    page: (limit: number) => Promise<{ done: number; isLast: boolean }>;
    none: () => Promise<unknown>;
    first: () => Promise<string | undefined>;
    passesOverLocked?: true;
  },
): Promise<void> {
  let limit = most;
  let looks = 0;
  for (;;) {
    try {
      const { done, isLast } = await page(limit);
      run.did(done);
      if (isLast) {
        if (looks === 0 || passesOverLocked !== true || (await first()) === undefined) return;
        looks -= 1;
        await sleep(UNLOCKED_WITHIN);
      }
      limit = Math.min(most, limit * 2);
    } catch (error) {
      if (isCanceled(error) || isAway(error)) throw error;
      looks = MOST_LOOKS;
      if (limit > 1) {
        limit = Math.ceil(limit / 4);
        continue;
      }
      await none();
      const item = await first();
      if (item === undefined) throw error;
      await run.putAside(item, error);
    }
  }
}

/** Does a batch, halved where it fails, until the items that fail stand alone and are put aside. */
export async function halves<T>(
  run: DutyRun,
  items: readonly string[],
  work: (items: readonly string[]) => Promise<readonly T[]>,
): Promise<T[]> {
  const [first] = items;
  if (first === undefined) return [];
  try {
    const answers = [...(await work(items))];
    run.did(items.length);
    return answers;
  } catch (error) {
    if (isCanceled(error) || isAway(error)) throw error;
    if (items.length === 1) {
      // Where nothing fails too, it is no item's fault.
      await work([]);
      await run.putAside(first, error);
      return [];
    }
    const half = Math.ceil(items.length / 2);
    const before = await halves(run, items.slice(0, half), work);
    return [...before, ...(await halves(run, items.slice(half), work))];
  }
}

/** The worker stops: another one does it. */
function isCanceled(error: unknown): boolean {
  return error instanceof CancelledFailure || (isError(error) && error.name === 'AbortError');
}

/** The database does not answer: no item's fault. */
function isAway(error: unknown): boolean {
  return error instanceof BoonError && error.code === 'unavailable' && !isTimeout(error.cause);
}

/** A lock that was not had, or a statement that took too long, may be one item's. */
function isTimeout(cause: unknown): boolean {
  const { code } = (cause ?? {}) as { code?: unknown };
  return code === '55P03' || code === '40P01';
}

function errorText(error: unknown): string {
  const name =
    error instanceof BoonError ? error.code : error instanceof ApplicationFailure ? error.type : undefined;
  const message = isError(error) ? error.message : String(error);
  return [...`${name == null ? '' : `${name}: `}${message || 'an error without words'}`]
    .slice(0, LONGEST_ERROR)
    .join('');
}
