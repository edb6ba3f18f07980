/** What a test has in hand: Boon on real parts, with a clock that the test moves. */
import type { Client } from '@temporalio/client';
import { BoonClient } from '../client/boon-client.ts';
import type { Balance } from '../contracts/account.schema.ts';
import { giftWorkflowId } from '../contracts/gift.ts';
import { EXPIRY_WORKFLOW, TASK_QUEUE } from '../contracts/temporal.ts';
import { mergePolicy } from '../domain/merge-policy.ts';
import type { Policy, VersionedPolicy } from '../domain/policy.ts';
import type { Ledger, VerifyReport } from '../ledger/ledger.ts';
import { validatePolicy } from '../policy-file.ts';
import { giftRuns } from '../temporal/gift-runs.ts';
import type { CapturedMail } from './captured-mails.ts';
import { type Duration, momentAfter } from './duration.ts';
import type { HarnessWorker } from './harness-worker.ts';
import { type AccountSeed, seedAccount } from './seed-account.ts';
import { elapsed, pause, type TestClock } from './test-clock.ts';
import { unsignedToken } from './unsigned-token.ts';

/** A policy with any of its keys left out; laid over the one in use. */
export type PolicyPatch = DeepPartial<Policy>;
type DeepPartial<T> = T extends object ? { [K in keyof T]?: DeepPartial<T[K]> } : T;

/** How long work that is due may really take on a busy machine. */
const PATIENCE_MS = 20_000;
/** A gift that is still due after so much real time, with a worker that has nothing to do, is not being seen to. */
const ASLEEP_AFTER_MS = 1_000;

export type HarnessParts = {
  url: string;
  databaseUrl: string;
  apiKey: string;
  clock: TestClock;
  ledger: Ledger;
  temporal: Client;
  worker: HarnessWorker;
  mails: readonly CapturedMail[];
  policy: VersionedPolicy;
  /** Ends every part. */
  end: () => Promise<void>;
};

export class BoonHarness {
  /** Base URL of the HTTP API. */
  readonly url: string;
  /** An API key with every scope. */
  readonly apiKey: string;
  /** The harness's own database, for looking at rows; everything of Boon's is in the schema `boon`. */
  readonly databaseUrl: string;
  /** Calls the API as a service with every scope. */
  readonly client: BoonClient;
  /** A Temporal client. Awaiting its results does not move time; only {@link advance} does. */
  readonly temporal: Client;
  /** Every mail sent so far; empty when the harness was given a mail server. */
  readonly mails: readonly CapturedMail[];
  readonly #parts: HarnessParts;
  #policy: VersionedPolicy;
  #stopped: Promise<void> | undefined;

  constructor(parts: HarnessParts) {
    this.url = parts.url;
    this.apiKey = parts.apiKey;
    this.databaseUrl = parts.databaseUrl;
    this.client = new BoonClient({ baseUrl: parts.url, apiKey: parts.apiKey });
    this.temporal = parts.temporal;
    this.mails = parts.mails;
    this.#parts = parts;
    this.#policy = parts.policy;
  }

  /** The present of workflows, ledger and API alike. */
  now(): Date {
    return this.#parts.clock.now();
  }

  /** Calls the API as an end user, who reaches only this account. */
  clientOf(accountId: string): BoonClient {
    return new BoonClient({ baseUrl: this.url, token: () => unsignedToken(accountId, this.now()) });
  }

  /** The policy that new gifts are accepted under. */
  get policy(): Policy {
    return this.#policy.policy;
  }

  /**
   * Changes the policy for gifts accepted from now on; those before keep theirs.
   * @throws PolicyError when the result does not validate.
   */
  async setPolicy(patch: PolicyPatch): Promise<void> {
    const policy = validatePolicy(mergePolicy(this.#policy.policy, patch));
    await this.#parts.ledger.usePolicy(policy, this.now().toISOString());
    this.#policy = policy;
  }

  /** Makes an established, verified account, with credits to give; or changes it. */
  async seedAccount(id: string, seed: AccountSeed = {}): Promise<void> {
    await seedAccount(this.client, id, seed, this.now());
  }

  /** What an account has now. */
  balance(accountId: string): Promise<Balance> {
    return this.client.accounts.balance(accountId);
  }

  /**
   * Lets time pass: everything that falls due on the way happens, each at its own moment, and is done when this
   * resolves. Takes `'24 hours'`, `'PT24H'`, `'P1M'` or milliseconds.
   */
  async advance(duration: Duration): Promise<void> {
    await this.advanceTo(momentAfter(this.now(), duration));
  }

  /** {@link advance} to a moment. One that has passed changes nothing. */
  async advanceTo(moment: Date | string): Promise<void> {
    const target = new Date(moment);
    if (Number.isNaN(target.getTime())) throw new TypeError(`"${moment}" is no moment in time`);
    const { clock, worker } = this.#parts;
    for (;;) {
      await worker.untilQuiet();
      const deadline = await this.#nextDeadline(target);
      await clock.jumpTo(deadline ?? target);
      await this.#untilNothingIsDue();
      if (deadline === undefined) break;
    }
    await this.#postExpiries();
    await worker.untilQuiet();
  }

  /** The latest mail to an address, waited for: mails leave soon after the gift is accepted. */
  async mailTo(address: string): Promise<CapturedMail> {
    const end = elapsed() + PATIENCE_MS;
    for (;;) {
      const found = this.mails.findLast((mail) => mail.to === address);
      if (found !== undefined) return found;
      if (elapsed() > end) throw new Error(`No mail to ${address} was sent`);
      await pause(10);
    }
  }

  /** Proves the ledger's invariants from its rows. */
  async verify(): Promise<VerifyReport> {
    await this.#parts.ledger.sealBlocks(this.now().toISOString());
    return await this.#parts.ledger.verify();
  }

  /** Verifies the ledger and ends every part. @throws Error that names each broken invariant. */
  stop(): Promise<void> {
    this.#stopped ??= this.#verifyAndEnd();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #verifyAndEnd(): Promise<void> {
    let report: VerifyReport;
    try {
      report = await this.verify();
    } finally {
      await this.#parts.end();
    }
    if (report.ok) return;
    const broken = report.violations.map(({ invariant, detail }) => `  ${invariant}: ${detail}`);
    throw new Error(`The ledger does not hold:\n${broken.join('\n')}`);
  }

  /** The soonest moment up to `target` at which time changes a gift. */
  async #nextDeadline(target: Date): Promise<Date | undefined> {
    const [soonest] = await this.#parts.ledger.overdueGifts(target.toISOString(), 1);
    if (soonest === undefined) return undefined;
    const { deadline } = await this.#parts.ledger.findGift(soonest);
    return deadline === null ? undefined : new Date(deadline);
  }

  /** The server's clock has arrived before the work that it woke is done. */
  async #untilNothingIsDue(): Promise<void> {
    const { ledger, worker } = this.#parts;
    const now = this.now().toISOString();
    const began = elapsed();
    for (;;) {
      const due = await ledger.overdueGifts(now, 10);
      if (due.length === 0) return;
      const waited = elapsed() - began;
      if (waited > PATIENCE_MS) {
        throw new Error(`Gifts are due and nothing happens to them: ${due.join(', ')}`);
      }
      await worker.untilQuiet();
      if (waited > ASLEEP_AFTER_MS) await this.#reconcile(due, now);
    }
  }

  /**
   * What the schedule `boon-reconcile` does within minutes to gifts whose process is gone, or sleeps past a deadline
   * that was brought forward: the end of a freeze does that.
   */
  async #reconcile(due: readonly string[], now: string): Promise<void> {
    await this.#parts.ledger.advanceGifts(due, now);
    const runs = giftRuns(this.temporal, TASK_QUEUE, () => this.now());
    await runs.refresh(due.map(giftWorkflowId));
  }

  /** What a schedule does every few minutes; the time-skipping server has no schedules. */
  async #postExpiries(): Promise<void> {
    await this.temporal.workflow.execute(EXPIRY_WORKFLOW, {
      taskQueue: TASK_QUEUE,
      workflowId: `boon-expiry-${this.now().toISOString()}`,
      args: [],
    });
  }
}
