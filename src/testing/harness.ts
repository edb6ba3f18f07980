/** What a test has in hand: Boon on real parts, with a clock that the test moves. */
import type { Client } from '@temporalio/client';
import { BoonClient } from '../client/boon-client.ts';
import type { Balance } from '../contracts/accounts/holding.schema.ts';
import type { Purchase } from '../contracts/purchases/purchase.ts';
import type { Usage } from '../contracts/usage/usage.schema.ts';
import { mergePolicy } from '../domain/merge-policy.ts';
import type { Policy, VersionedPolicy } from '../domain/policy.ts';
import type { VerifyReport } from '../ledger/verify.ts';
import { validatePolicy } from '../policy-file.ts';
import type { CapturedMail } from './captured-mails.ts';
import { press } from './demo-buyer.ts';
import { type Duration, momentAfter } from './duration.ts';
import { type AccountSeed, seedAccount } from './seed-account.ts';
import { elapsed, pause } from './test-clock.ts';
import { TestTime } from './test-time.ts';
import type { Traveller } from './traveller.ts';
import { unsignedToken } from './unsigned-token.ts';

/** A policy with any of its keys left out; laid over the one in use. */
export type PolicyPatch = DeepPartial<Policy>;
type DeepPartial<T> = T extends object ? { [K in keyof T]?: DeepPartial<T[K]> } : T;

/** How long a mail may really take on a busy machine. */
const MAIL_PATIENCE_MS = 20_000;

export type HarnessParts = Traveller & {
  url: string;
  databaseUrl: string;
  apiKey: string;
  mails: readonly CapturedMail[];
  /** The policy that the ledger and the API use; the harness changes it. */
  inUse: { policy: VersionedPolicy };
  /** Ends every part. */
  end: () => Promise<void>;
};

/** Boon as a test holds it; `startBoon` starts one. */
export class BoonHarness {
  /** Base URL of the HTTP API. */
  readonly url: string;
  /** An API key with every scope. */
  readonly apiKey: string;
  /** The harness's own database, for looking at rows; everything of Boon's is in the schema `boon`. */
  readonly databaseUrl: string;
  /** Calls the API as a service with every scope. */
  readonly client: BoonClient;
  /** A Temporal client. Awaiting its results does not move time; only {@link advance} and {@link run} do. */
  readonly temporal: Client;
  /** Every mail sent so far; empty when the harness was given a mail server. */
  readonly mails: readonly CapturedMail[];
  readonly #parts: HarnessParts;
  readonly #time: TestTime;
  #stopped: Promise<void> | undefined;

  constructor(parts: HarnessParts) {
    this.url = parts.url;
    this.apiKey = parts.apiKey;
    this.databaseUrl = parts.databaseUrl;
    this.client = new BoonClient({ baseUrl: parts.url, apiKey: parts.apiKey });
    this.temporal = parts.temporal;
    this.mails = parts.mails;
    this.#parts = parts;
    this.#time = new TestTime(parts);
  }

  /** The present of ledger and API, and of what processes do there. It stands still between two calls that move it. */
  now(): Date {
    return this.#parts.clock.now();
  }

  /** Calls the API as an end user, who reaches only this account. */
  clientOf(accountId: string): BoonClient {
    return new BoonClient({ baseUrl: this.url, token: () => unsignedToken(accountId, this.now()) });
  }

  /** The policy that new gifts are accepted under. */
  get policy(): Policy {
    return this.#parts.inUse.policy.policy;
  }

  /**
   * Changes the policy for gifts accepted from now on; those before keep theirs.
   * @throws PolicyError when the result does not validate.
   */
  async setPolicy(patch: PolicyPatch): Promise<void> {
    const policy = validatePolicy(mergePolicy(this.policy, patch));
    await this.#parts.ledger.usePolicy(policy, this.now().toISOString());
    this.#parts.inUse.policy = policy;
  }

  /** Makes an established, verified account, with credits to give; or changes it. */
  async seedAccount(id: string, seed: AccountSeed = {}): Promise<void> {
    await seedAccount(this.client, id, seed, this.now());
  }

  /** What an account has now. */
  balance(accountId: string): Promise<Balance> {
    return this.client.accounts.balance(accountId);
  }

  /** Uses a number of units of a product, as `POST /v1/usage` does; returns what paid and the state of the windows. */
  use(accountId: string, units: string, product = 'codex'): Promise<Usage> {
    return this.client.usage.record({ account_id: accountId, product, units });
  }

  /** Pays an open purchase on its page, as its buyer would with a card that works; what was bought is there then. */
  pay(purchase: Pick<Purchase, 'id'>): Promise<Purchase> {
    return press(this, purchase.id, 'paid');
  }

  /** Tries to pay an open purchase with a card that is declined: it fails. */
  declinePayment(purchase: Pick<Purchase, 'id'>): Promise<Purchase> {
    return press(this, purchase.id, 'failed');
  }

  /**
   * Lets time pass: everything that falls due on the way happens, each thing at its own moment, and is done when this
   * resolves. Takes `'24 hours'`, `'PT24H'`, `'P1M'` or milliseconds; `0` does what is due now.
   * @throws TypeError for a duration that is none, or goes backwards.
   */
  async advance(duration: Duration): Promise<void> {
    await this.#time.travel((now) => momentAfter(now, duration));
  }

  /**
   * {@link advance} to a moment, exactly: one millisecond before a deadline it has not come, at the deadline it has. A
   * moment that has passed moves nothing.
   */
  async advanceTo(moment: Date | string): Promise<void> {
    const target = momentOf(moment);
    await this.#time.travel(() => target);
  }

  /**
   * Lets time run on at the pace of real time, until {@link freeze}. What falls due meanwhile happens soon after its
   * moment, as in production.
   */
  run(): Promise<void> {
    return this.#time.run();
  }

  /** Stops time again: it stands still, as it does from the start. What was due by then has happened. */
  freeze(): Promise<void> {
    return this.#time.freeze();
  }

  /** The latest mail to an address, waited for: mails leave soon after the gift is accepted. */
  async mailTo(address: string): Promise<CapturedMail> {
    const end = elapsed() + MAIL_PATIENCE_MS;
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
    this.#time.stop();
    try {
      report = await this.verify();
    } finally {
      await this.#parts.end();
    }
    this.#time.report();
    if (report.ok) return;
    const broken = report.violations.map(({ invariant, detail }) => `  ${invariant}: ${detail}`);
    throw new Error(`The ledger does not hold:\n${broken.join('\n')}`);
  }
}

/** @throws TypeError */
export function momentOf(given: Date | string): Date {
  const moment = new Date(given);
  if (Number.isNaN(moment.getTime())) throw new TypeError(`"${given}" is no moment in time`);
  return moment;
}
