/** `client.referrals`: invitations of friends, from the mail to the reward. */

import type {
  LinkUsed,
  RaiseCap,
  ReferralRequest,
  ReferralView,
  RewardWindowView,
} from '../contracts/referrals/referral.schema.ts';
import type { ReferralStatus } from '../domain/referral-status.ts';
import type { Caller, CallOptions, WriteOptions } from './caller.ts';
import { everyRow, type Page, type PageQuery } from './page.ts';

export type ReferralListQuery = PageQuery & { program?: string };

export type ReferralSearchQuery = ReferralListQuery & { status?: ReferralStatus; referrer_id?: string };

export class Referrals {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** Invites a friend: they get a mail with a personal link, which the answer holds too. */
  create(request: ReferralRequest, options: WriteOptions = {}): Promise<ReferralView> {
    return this.#post('/v1/referrals', request, options);
  }

  get(id: string, options?: CallOptions): Promise<ReferralView> {
    return this.#call({ method: 'GET', path: path(id) }, options);
  }

  /** A page of an account's invitations, the latest first, each with its next missing step. */
  list(accountId: string, query: ReferralListQuery = {}, options?: CallOptions): Promise<Page<ReferralView>> {
    return this.#call({ method: 'GET', path: `${accountPath(accountId)}/referrals`, query }, options);
  }

  /** Every such invitation, fetched page by page. */
  listAll(
    accountId: string,
    query: ReferralListQuery = {},
    options?: CallOptions,
  ): AsyncGenerator<ReferralView> {
    return everyRow((page) => this.list(accountId, page, options), query);
  }

  /** A page of the invitations of all accounts, the latest first. For operators. */
  search(query: ReferralSearchQuery = {}, options?: CallOptions): Promise<Page<ReferralView>> {
    return this.#call({ method: 'GET', path: '/v1/referrals', query }, options);
  }

  /** All of them, fetched page by page. */
  searchAll(query: ReferralSearchQuery = {}, options?: CallOptions): AsyncGenerator<ReferralView> {
    return everyRow((page) => this.search(page, options), query);
  }

  /** Reports that the friend signed up or in through the link. A friend who does not count is an answer: `refused`. */
  linkUsed(id: string, used: LinkUsed, options: WriteOptions = {}): Promise<ReferralView> {
    return this.#post(`${path(id)}/link-used`, used, options);
  }

  /** Mails the invitation again, at most three times. */
  resend(id: string, options: WriteOptions = {}): Promise<ReferralView> {
    return this.#post(`${path(id)}/resend`, undefined, options);
  }

  /** The link stops working and the invitation's place is free again. With a `reason` it counts as an operator's. */
  cancel(id: string, body: { reason?: string } = {}, options: WriteOptions = {}): Promise<ReferralView> {
    return this.#post(`${path(id)}/cancel`, body, options);
  }

  /** Takes back what is left of the rewards. For operators. */
  clawBack(id: string, body: { reason: string }, options: WriteOptions = {}): Promise<ReferralView> {
    return this.#post(`${path(id)}/claw-back`, body, options);
  }

  /** The rewards of an account's current billing month. */
  rewardWindow(accountId: string, program: string, options?: CallOptions): Promise<RewardWindowView> {
    const target = `${accountPath(accountId)}/reward-window`;
    return this.#call({ method: 'GET', path: target, query: { program } }, options);
  }

  /** Lets a billing month hold more rewards. For operators. */
  raiseCap(accountId: string, raise: RaiseCap, options: WriteOptions = {}): Promise<RewardWindowView> {
    return this.#post(`${accountPath(accountId)}/reward-window/raise-cap`, raise, options);
  }

  #post<T>(target: string, body: unknown, { idempotencyKey, ...options }: WriteOptions): Promise<T> {
    const key = idempotencyKey ?? crypto.randomUUID();
    return this.#call({ method: 'POST', path: target, body, key }, options);
  }
}

function path(id: string): string {
  return `/v1/referrals/${encodeURIComponent(id)}`;
}

function accountPath(id: string): string {
  return `/v1/accounts/${encodeURIComponent(id)}`;
}
