/** Gifts of banked resets as they should be, told again in memory. */
import { type Answer, refused } from './program-answer.ts';
import type { ModelPerson } from './program-people.ts';
import type { ModelReset, ProgramResets } from './program-resets.ts';
import type { ProgramRules } from './program-rules.ts';

export type ModelResetGift = {
  id: string;
  from: string;
  to: string;
  reset: ModelReset;
  status: 'pending' | 'held' | 'settled' | 'canceled' | 'rejected';
  reason: string | null;
  settlesAt: number;
  heldAt: number;
  releasedByTime: boolean;
};

export class ProgramGifts {
  readonly gifts = new Map<string, ModelResetGift>();
  readonly #rules: ProgramRules;
  readonly #people: Map<string, ModelPerson>;
  readonly #resets: ProgramResets;

  constructor(rules: ProgramRules, people: Map<string, ModelPerson>, resets: ProgramResets) {
    this.#rules = rules;
    this.#people = people;
    this.#resets = resets;
    resets.onTakenOutOfGift = (reset) => {
      const open = [...this.gifts.values()].find(
        (gift) => gift.reset === reset && (gift.status === 'pending' || gift.status === 'held'),
      );
      if (open !== undefined) Object.assign(open, { status: 'rejected', reason: 'funding_refunded' });
    };
  }

  give(id: string, from: string, to: string, resetId: string, now: number): Answer {
    const sender = this.#people.get(from);
    const recipient = this.#people.get(to);
    if (sender === undefined) return refused('not_found');
    if (from === to) return refused('self_gift');
    if (sender.status !== 'active') return refused('account_frozen', sender.status);
    if (recipient === undefined) return refused('recipient_ineligible', 'unknown_account');
    if (recipient.status !== 'active') return refused('recipient_ineligible', 'recipient_unavailable');
    const reset = this.#resets.available(from, now).find((one) => one.id === resetId);
    if (reset === undefined) return refused('not_giftable', 'reset_unavailable');
    if (!this.#rules.regift && this.#resets.wasGiven(reset)) return refused('not_giftable', 'reset_gifted');
    const settlesAt = now + this.#rules.settlement;
    if (reset.expiresAt <= settlesAt) return refused('not_giftable', 'reset_expires');
    reset.status = 'held';
    const gift: ModelResetGift = {
      id,
      from,
      to,
      reset,
      status: 'pending',
      reason: null,
      settlesAt,
      heldAt: 0,
      releasedByTime: false,
    };
    this.gifts.set(id, gift);
    return { value: this.brief(gift) };
  }

  cancel(id: string, now: number): Answer {
    const gift = this.gifts.get(id);
    if (gift === undefined) return refused('not_found');
    if (gift.status === 'settled') return refused('already_settled');
    if (gift.status !== 'pending' && gift.status !== 'held') return refused('already_resolved');
    this.#comeBack(gift, 'canceled', 'canceled', now);
    return { value: this.brief(gift) };
  }

  /** What time has brought. */
  advance(id: string, now: number): ModelResetGift | undefined {
    const gift = this.gifts.get(id);
    if (gift === undefined) return undefined;
    const holdEnds = gift.heldAt + this.#rules.holdAtMost;
    if (gift.status === 'held' && holdEnds <= now) {
      this.#release(gift, holdEnds);
      gift.releasedByTime = true;
    }
    if (gift.status !== 'pending' || gift.settlesAt > now) return gift;
    const [sender, recipient] = [this.#people.get(gift.from)?.status, this.#people.get(gift.to)?.status];
    if (sender === 'active' && recipient === 'active') this.#settle(gift, now);
    else if (sender === 'active' && recipient === 'closed')
      this.#comeBack(gift, 'rejected', 'recipient_unavailable', now);
    else if (gift.releasedByTime) this.#comeBack(gift, 'rejected', 'account_frozen', now);
    else this.#hold(gift, now);
    return gift;
  }

  /** A freeze holds what is open of an account; made active again it lets go what nobody else's freeze holds. */
  statusChanged(
    id: string,
    was: ModelPerson['status'] | undefined,
    is: ModelPerson['status'],
    now: number,
  ): void {
    const open = [...this.gifts.values()].filter((gift) => gift.from === id || gift.to === id);
    if (was !== undefined && was !== 'frozen' && is === 'frozen') {
      for (const gift of open) if (gift.status === 'pending') this.#hold(gift, now);
    } else if (was !== undefined && was !== 'active' && is === 'active') {
      for (const gift of open) {
        const all = [gift.from, gift.to].every((who) => this.#people.get(who)?.status === 'active');
        if (gift.status !== 'held' || !all) continue;
        this.#release(gift, now);
        gift.releasedByTime = false;
      }
    }
  }

  deadlineOf({ status, settlesAt, heldAt }: ModelResetGift): number | null {
    if (status === 'pending') return settlesAt;
    return status === 'held' ? heldAt + this.#rules.holdAtMost : null;
  }

  brief(gift: ModelResetGift) {
    const deadline = this.deadlineOf(gift);
    const { id, status, reason } = gift;
    return {
      id,
      status,
      reason_code: reason,
      deadline: deadline === null ? null : new Date(deadline).toISOString(),
    };
  }

  #hold(gift: ModelResetGift, now: number): void {
    Object.assign(gift, { status: 'held', reason: 'account_frozen', heldAt: now });
  }

  /** What was left of the clock when the hold began is left when it ends. */
  #release(gift: ModelResetGift, at: number): void {
    Object.assign(gift, { status: 'pending', reason: null, settlesAt: gift.settlesAt + at - gift.heldAt });
  }

  #settle(gift: ModelResetGift, now: number): void {
    const { reset, to, id } = gift;
    const expiresAt = this.#validUntil(reset, now);
    Object.assign(reset, { status: 'given', expiresAt, goneOn: true });
    this.#resets.add({ account: to, source: 'gift', reference: id, grantedAt: now, expiresAt });
    Object.assign(gift, { status: 'settled', reason: null });
  }

  #comeBack(gift: ModelResetGift, status: 'canceled' | 'rejected', reason: string, now: number): void {
    Object.assign(gift.reset, { status: 'available', expiresAt: this.#validUntil(gift.reset, now) });
    Object.assign(gift, { status, reason });
  }

  /** One whose time ran out on the way is valid for a last day. */
  #validUntil({ expiresAt }: ModelReset, now: number): number {
    return expiresAt > now ? expiresAt : now + this.#rules.returnWithin;
  }
}
