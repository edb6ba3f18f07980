/**
 * The ledger as plain code in memory: what it answers is what the real one must answer. It has no counters and no
 * running totals; everything is worked out anew from lots and gifts.
 */
import type { Gift } from '../../src/contracts/gifts/gift.ts';
import { PROMOTIONAL_BUDGET } from '../../src/domain/account.ts';
import { parseCredits } from '../../src/domain/credits.ts';
import type { GiftReason } from '../../src/domain/gift-reasons.ts';
import { ACTIONS_ALLOWED, type GiftAction } from '../../src/domain/gift-status.ts';
import { compareBurnOrder } from '../../src/domain/lot.ts';
import type { VersionedPolicy } from '../../src/domain/policy.ts';
import type { GrantRequest } from '../../src/ledger/accounts/grant-credits.ts';
import type { AcceptRequest } from '../../src/ledger/gifts/accept-gifts.ts';
import {
  type Answer,
  deadlineOf,
  lives,
  type ModelAccount,
  type ModelGift,
  type ModelLot,
  milliseconds,
  refuse,
  viewOf,
} from './model-gift.ts';
import { caughtBy, limitReached } from './model-screening.ts';

const micro = (text: string) => parseCredits(text) ?? 0n;

/** An action of a person, as the model is told of it: whether the claim's token is the right one. */
export type ModelAction = {
  key: string;
  gift_id: string;
  action: GiftAction;
  reason?: string | undefined;
  rightToken?: boolean;
  account_id?: string | undefined;
};

export class ModelLedger {
  readonly accounts = new Map<string, ModelAccount>();
  readonly lots: ModelLot[] = [];
  readonly gifts: ModelGift[] = [];
  policy: { version: string; gifts: VersionedPolicy['policy']['gifts'] };
  readonly #answers = new Map<string, { input: string; answer: Answer<unknown> }>();

  constructor(policy: VersionedPolicy) {
    this.policy = { version: policy.version, gifts: policy.policy.gifts };
  }

  use(policy: VersionedPolicy): void {
    this.policy = { version: policy.version, gifts: policy.policy.gifts };
  }

  // Reading.

  /** Usable lots of an account in burn order. */
  usable(account: string, now: number): ModelLot[] {
    return this.lots
      .filter((lot) => lot.account === account && lot.remaining > 0n)
      .filter((lot) => lot.expiresAt === null || lot.expiresAt > now)
      .toSorted(compareBurnOrder);
  }

  /** The amounts of an account's balance. */
  balance(account: string, now: number): { available: bigint; held: bigint; pendingIn: bigint } {
    const open = this.gifts.filter((gift) => deadlineOf(gift) !== null);
    const sum = (gifts: ModelGift[]) => gifts.reduce((total, gift) => total + gift.amount, 0n);
    return {
      available: this.usable(account, now).reduce((total, lot) => total + lot.remaining, 0n),
      held: sum(open.filter((gift) => gift.payer === account)),
      pendingIn: sum(open.filter((gift) => gift.to === account)),
    };
  }

  // Writing. Each answer is kept under its key.
  #once<T>(key: string, input: object, decide: () => Answer<T>): Answer<T> & { replayed: boolean } {
    const known = this.#answers.get(key);
    const text = JSON.stringify(input);
    if (known !== undefined) {
      if (known.input !== text) return { ...refuse('idempotency_mismatch'), replayed: false };
      return { ...(known.answer as Answer<T>), replayed: true };
    }
    const answer = decide();
    const { code, reasonCode } = 'refused' in answer ? answer.refused : {};
    if (code !== 'not_found' && reasonCode !== 'unknown_account')
      this.#answers.set(key, { input: text, answer });
    return { ...answer, replayed: false };
  }

  grant(request: GrantRequest, now: number): Answer<ModelLot> & { replayed: boolean } {
    const { key, at: _at, ...input } = request;
    return this.#once(key, input, () => {
      const account = this.accounts.get(request.account_id);
      if (account === undefined && request.account_id !== PROMOTIONAL_BUDGET) return refuse('not_found');
      if (account?.status === 'closed') return refuse('recipient_ineligible', 'recipient_unavailable');
      const granted = micro(request.amount);
      const expiresAt = request.expires_at === null ? null : Date.parse(request.expires_at);
      const { account_id, source, giftable } = request;
      return {
        value: { ...this.#addLot({ account: account_id, source, granted, expiresAt, giftable, now }) },
      };
    });
  }

  #addLot(lot: Omit<ModelLot, 'id' | 'remaining' | 'grantedAt'> & { now: number }): ModelLot {
    const { now, ...rest } = lot;
    const made = { ...rest, id: BigInt(this.lots.length + 1), remaining: lot.granted, grantedAt: now };
    this.lots.push(made);
    return made;
  }

  accept(request: AcceptRequest, now: number): Answer<Gift> & { replayed: boolean } {
    const { key, at: _at, id: _id, ...input } = request;
    return this.#once(key, input, () => this.#decide(request, now));
  }

  #decide(request: AcceptRequest, now: number): Answer<Gift> {
    const rules = this.policy.gifts;
    const amount = micro(request.amount);
    const email = 'email' in request.to ? request.to.email.toLowerCase() : null;
    const to = 'account_id' in request.to ? request.to.account_id : null;
    const payer = request.funding === 'promotional' ? PROMOTIONAL_BUDGET : request.from;
    const sender = this.accounts.get(request.from);
    const recipient = to === null ? undefined : this.accounts.get(to);

    if (sender === undefined) return refuse('not_found');
    if (to === sender.id || (email !== null && email === sender.email)) return refuse('self_gift');
    if (sender.status !== 'active') return refuse('account_frozen', sender.status);
    if (rules.identity_required && !sender.verified) return refuse('identity_unverified');
    if (sender.createdAt + milliseconds(rules.min_account_age) > Math.max(now, sender.createdAt))
      return refuse('gift_denied', 'account_too_new');
    if (to !== null && recipient === undefined) return refuse('recipient_ineligible', 'unknown_account');
    if (recipient !== undefined && recipient.status !== 'active')
      return refuse('recipient_ineligible', 'recipient_unavailable');
    if (
      rules.recipient_must_be_new &&
      recipient !== undefined &&
      !this.#isNew(recipient, now, rules.new_within)
    )
      return refuse('recipient_ineligible', 'recipient_not_new');
    if (amount < micro(rules.min)) return refuse('gift_limit_exceeded', 'below_least');
    if (amount > micro(rules.max)) return refuse('gift_limit_exceeded', 'above_most');
    const limit = limitReached(this.gifts, sender.id, payer, amount, now, rules);
    if (limit !== undefined) return refuse('gift_limit_exceeded', limit);

    const lots = this.usable(payer, now);
    const giftable = lots.filter((lot) => lot.giftable || payer === PROMOTIONAL_BUDGET);
    const total = (some: ModelLot[]) => some.reduce((sum, lot) => sum + lot.remaining, 0n);
    if (total(giftable) < amount) {
      if (total(lots) >= amount) return refuse('not_giftable');
      return payer === PROMOTIONAL_BUDGET
        ? refuse('insufficient_credits', 'budget_used_up')
        : refuse('insufficient_credits');
    }
    const recipientKeys = [to ?? email ?? ''];
    const rule = caughtBy(this.gifts, { sender, recipient, recipientKeys, now, policy: rules, amount });
    if (rule !== undefined && rules.screening[rule].verdict === 'deny') return refuse('gift_denied', rule);

    const waiting = to === null ? 'awaiting_claim' : 'pending';
    const gift: ModelGift = {
      id: request.id,
      status: waiting,
      from: sender.id,
      to,
      email,
      payer,
      amount,
      policy: this.policy,
      createdAt: now,
      settlesAt: now + milliseconds(rules.settlement),
      claimExpiresAt: to === null ? now + milliseconds(rules.claim_window) : null,
      settledAt: null,
      endedAt: null,
      claimedAt: null,
      hold: null,
      heldBy: null,
      heldFrom: waiting,
      releasedBy: null,
      reasonCode: null,
      reason: null,
      slices: [],
      received: [],
      recovered: null,
    };
    let rest = amount;
    for (const lot of giftable) {
      if (rest === 0n) break;
      const enough = lot.remaining >= rest;
      const taken = enough ? rest : lot.remaining;
      lot.remaining -= taken;
      rest -= taken;
      gift.slices.push({ lot, amount: taken });
    }
    if (rule !== undefined) this.#hold(gift, 'screening', now, rule, null);
    this.gifts.push(gift);
    return { value: viewOf(gift) };
  }

  #isNew(account: ModelAccount, now: number, within: string): boolean {
    return (
      account.createdAt + milliseconds(within) > now &&
      !this.gifts.some((gift) => gift.to === account.id && lives(gift))
    );
  }

  act(request: ModelAction, now: number): Answer<Gift> & { replayed: boolean } {
    const { key, ...input } = request;
    return this.#once(key, input, () => {
      const gift = this.gifts.find(({ id }) => id === request.gift_id);
      if (gift === undefined) return refuse('not_found');
      const refused = this.#actionRefused(gift, request.action);
      if (refused !== undefined) return refused;
      const reason = request.reason ?? null;
      if (request.action === 'claim') return this.#claim(gift, request, now);
      if (request.action === 'cancel') this.#return(gift, 'canceled', now, 'canceled', reason);
      if (request.action === 'reject') this.#return(gift, 'rejected', now, 'operator_reject', reason);
      if (request.action === 'hold') this.#hold(gift, 'operator', now, 'operator_hold', reason);
      if (request.action === 'release') this.#release(gift, 'operator', now, reason);
      if (request.action === 'reverse') this.#reverse(gift, now, reason);
      return { value: viewOf(gift) };
    });
  }

  #actionRefused(gift: ModelGift, action: GiftAction): ReturnType<typeof refuse> | undefined {
    const { status } = gift;
    if (ACTIONS_ALLOWED[status].includes(action)) return undefined;
    if (action === 'claim') {
      if (status === 'held') return refuse('gift_held');
      return refuse(status === 'expired' ? 'claim_expired' : 'claim_invalid');
    }
    if (status === 'held' && action === 'hold') return refuse('gift_held');
    if (deadlineOf(gift) !== null) return refuse(action === 'release' ? 'not_held' : 'not_settled');
    return refuse(status === 'settled' ? 'already_settled' : 'already_resolved');
  }

  #claim(gift: ModelGift, request: ModelAction, now: number): Answer<Gift> {
    const sender = this.accounts.get(gift.from);
    const claimant = this.accounts.get(request.account_id ?? '');
    const rules = gift.policy.gifts;
    if (request.rightToken !== true) return refuse('claim_invalid');
    if ((gift.claimExpiresAt ?? 0) <= now) return refuse('claim_expired');
    if (claimant === undefined || sender === undefined) return refuse('not_found');
    if (claimant.id === gift.from) return refuse('self_gift');
    if (claimant.status !== 'active') return refuse('recipient_ineligible', 'recipient_unavailable');
    if (rules.recipient_must_be_new && !this.#isNew(claimant, now, rules.new_within))
      return refuse('recipient_ineligible', 'recipient_not_new');
    const rule = caughtBy(this.gifts, {
      sender,
      recipient: claimant,
      recipientKeys: [gift.email ?? '', claimant.id],
      now,
      policy: rules,
      amount: undefined,
    });
    if (rule !== undefined && rules.screening[rule].verdict === 'deny') return refuse('gift_denied', rule);
    gift.status = 'pending';
    gift.to = claimant.id;
    gift.claimedAt = now;
    gift.settlesAt = Math.max(gift.settlesAt, now);
    if (sender.status !== 'active') this.#hold(gift, 'freeze', now, 'account_frozen', null);
    else if (rule !== undefined && gift.releasedBy !== 'operator')
      this.#hold(gift, 'screening', now, rule, null);
    return { value: viewOf(gift) };
  }

  #hold(
    gift: ModelGift,
    by: 'operator' | 'freeze' | 'screening',
    now: number,
    reasonCode: GiftReason,
    reason: string | null,
  ): void {
    gift.heldFrom = gift.status === 'awaiting_claim' ? 'awaiting_claim' : 'pending';
    gift.status = 'held';
    gift.heldBy = by;
    gift.hold = { at: now, endsAt: now + milliseconds(gift.policy.gifts.hold_at_most) };
    gift.reasonCode = reasonCode;
    gift.reason = reason;
  }

  #release(gift: ModelGift, by: 'operator' | 'unfreeze' | 'time', when: number, reason: string | null): void {
    const stopped = Math.max(0, when - (gift.hold?.at ?? when));
    gift.status = gift.heldFrom;
    gift.settlesAt += stopped;
    if (gift.heldFrom === 'awaiting_claim' && gift.claimExpiresAt !== null) gift.claimExpiresAt += stopped;
    gift.hold = null;
    gift.releasedBy = by;
    gift.reasonCode = null;
    gift.reason = reason;
  }

  /** Until when credits are good that come back out of a hold: once there is a time of grace, counted from the longest hold at most. */
  #goodUntil(lot: ModelLot, gift: ModelGift, now: number): number | null {
    if (lot.expiresAt === null) return null;
    const first = lot.firstExpiresAt ?? lot.expiresAt;
    if (gift.createdAt >= first) return lot.expiresAt;
    return Math.max(lot.expiresAt, this.#graceEnds(first, gift, now));
  }

  #graceEnds(first: number, { policy: { gifts } }: ModelGift, now: number): number {
    const from = Math.min(now, first + milliseconds(gifts.hold_at_most));
    return from + milliseconds(gifts.returned_credits_valid_for);
  }

  /** Gives a slice back to its lot, or to a new one of the same terms where the rest of the lot keeps its time. */
  #refill(lot: ModelLot, amount: bigint, gift: ModelGift, now: number): void {
    if (lot.expiresAt !== null && lot.expiresAt <= now) lot.remaining = 0n;
    const until = this.#goodUntil(lot, gift, now);
    const firstExpiresAt =
      until === lot.expiresAt ? (lot.firstExpiresAt ?? null) : (lot.firstExpiresAt ?? lot.expiresAt);
    if (until === lot.expiresAt && lot.remaining + amount <= lot.granted) {
      lot.remaining += amount;
    } else if (lot.remaining === 0n && amount <= lot.granted && lot.firstExpiresAt == null) {
      Object.assign(lot, { remaining: amount, expiresAt: until, firstExpiresAt });
    } else {
      const { account, source, giftable, grantedAt } = lot;
      const terms = {
        account,
        source,
        giftable,
        granted: amount,
        expiresAt: until,
        firstExpiresAt,
        continues: lot,
      };
      this.#addLot({ ...terms, now: grantedAt });
    }
  }

  /** A lot and those that go on from it. */
  #familyOf(lot: ModelLot): ModelLot[] {
    return [
      lot,
      ...this.lots.filter(({ continues }) => continues === lot).flatMap((next) => this.#familyOf(next)),
    ];
  }

  #return(
    gift: ModelGift,
    status: 'canceled' | 'expired' | 'rejected',
    now: number,
    reasonCode: GiftReason,
    reason: string | null,
  ): void {
    for (const { lot, amount } of gift.slices) this.#refill(lot, amount, gift, now);
    Object.assign(gift, { status, endedAt: now, hold: null, reasonCode, reason });
  }

  #reverse(gift: ModelGift, now: number, reason: string | null): void {
    let recovered = 0n;
    for (const { lot: received, source } of gift.received) {
      for (const lot of this.#familyOf(received)) {
        const left = lot.expiresAt !== null && lot.expiresAt <= now ? 0n : lot.remaining;
        lot.remaining = 0n;
        if (source.expiresAt !== null && source.expiresAt <= now) source.remaining = 0n;
        if (left > 0n) this.#refill(source, left, gift, now);
        recovered += left;
      }
    }
    Object.assign(gift, { status: 'reversed', endedAt: now, recovered, reasonCode: 'reversed', reason });
  }

  /** What time does to these gifts. */
  advance(ids: readonly string[], now: number): void {
    const gifts = this.gifts.filter((gift) => ids.includes(gift.id));
    const due = gifts.filter((gift) => (deadlineOf(gift) ?? Number.POSITIVE_INFINITY) <= now);
    for (const gift of due)
      if (gift.hold !== null) this.#release(gift, 'time', gift.hold.endsAt, gift.reason);
    for (const gift of due) {
      if (gift.status === 'awaiting_claim' && (gift.claimExpiresAt ?? 0) <= now)
        this.#return(gift, 'expired', now, 'claim_expired', null);
    }
    // All are judged by what stood before any of them is settled.
    const judged = due
      .filter((gift) => gift.status === 'pending' && gift.settlesAt <= now)
      .map((gift) => ({ gift, ...this.#judge(gift, now) }));
    for (const { gift, problem, final } of judged) {
      if (problem === undefined) continue;
      if (final || (gift.releasedBy === 'time' && gift.heldBy !== 'operator'))
        this.#return(gift, 'rejected', now, problem, gift.reason);
      else this.#hold(gift, problem === 'account_frozen' ? 'freeze' : 'screening', now, problem, null);
    }
    for (const { gift, problem } of judged) if (problem === undefined) this.#settle(gift, now);
  }

  /** What stands against settling a gift now, and whether that is the end of it. */
  #judge(gift: ModelGift, now: number): { problem?: GiftReason; final: boolean } {
    const sender = this.accounts.get(gift.from);
    const recipient = this.accounts.get(gift.to ?? '');
    const rules = gift.policy.gifts;
    if (sender === undefined || recipient === undefined) throw new Error('the model lost an account');
    if (sender.status !== 'active' || recipient.status === 'frozen')
      return { problem: 'account_frozen', final: false };
    if (recipient.status === 'closed') return { problem: 'recipient_unavailable', final: true };
    const before = this.gifts.slice(0, this.gifts.indexOf(gift));
    if (rules.recipient_must_be_new && before.some((other) => other.to === gift.to && lives(other)))
      return { problem: 'recipient_not_new', final: true };
    if (gift.releasedBy === 'operator') return { final: false };
    const problem = caughtBy(this.gifts, {
      sender,
      recipient,
      recipientKeys: [recipient.id],
      now,
      policy: rules,
      amount: undefined,
    });
    return problem === undefined
      ? { final: false }
      : { problem, final: rules.screening[problem].verdict === 'deny' };
  }

  #settle(gift: ModelGift, now: number): void {
    const rules = gift.policy.gifts;
    for (const { lot, amount } of gift.slices) {
      const first = lot.firstExpiresAt ?? lot.expiresAt;
      const expired = first !== null && lot.expiresAt !== null && lot.expiresAt <= now;
      const ends = expired ? this.#graceEnds(first, gift, now) : (lot.expiresAt ?? Number.POSITIVE_INFINITY);
      const expiresAt = Math.min(ends, now + milliseconds(rules.gifted_credits_valid_for));
      const made = this.#addLot({
        account: gift.to ?? '',
        source: 'gifted',
        granted: amount,
        expiresAt,
        firstExpiresAt: first !== null && expiresAt > first ? first : null,
        giftable: rules.regift,
        now,
      });
      gift.received.push({ lot: made, source: lot });
    }
    Object.assign(gift, { status: 'settled', settledAt: now, endedAt: now, reasonCode: null });
  }

  /** Posts the expiry of every lot that has expired; returns how many had something left. */
  expire(now: number): number {
    const lapsed = this.lots.filter(
      (lot) => lot.remaining > 0n && lot.expiresAt !== null && lot.expiresAt <= now,
    );
    for (const lot of lapsed) lot.remaining = 0n;
    return lapsed.length;
  }

  /** Freezing holds the open gifts of an account; becoming active again lets go those that a freeze held. */
  setStatus(id: string, status: ModelAccount['status'], now: number): void {
    const account = this.accounts.get(id);
    if (account === undefined || account.status === status) return;
    account.status = status;
    for (const gift of this.gifts.filter(({ from, to }) => from === id || to === id)) {
      const other = this.accounts.get(gift.from === id ? (gift.to ?? id) : gift.from);
      const waits = gift.status === 'pending' || gift.status === 'awaiting_claim';
      if (status === 'frozen' && waits) this.#hold(gift, 'freeze', now, 'account_frozen', null);
      if (status === 'active' && gift.hold !== null && gift.heldBy === 'freeze' && other?.status === 'active')
        this.#release(gift, 'unfreeze', now, null);
    }
  }
}
