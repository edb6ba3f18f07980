/** Referrals and reward windows as they should be, told again in memory: whole histories, no SQL. */
import { billingMonthOf } from '../../src/domain/billing-month.ts';
import type { ReferralReason, ReferralStatus } from '../../src/domain/referral-status.ts';
import type { ReferralAction } from '../../src/ledger/referrals/end-referrals.ts';
import type { InviteRequest } from '../../src/ledger/referrals/invitations.ts';
import type { LinkUse } from '../../src/ledger/referrals/link-use.ts';
import type { Activity } from '../../src/ledger/referrals/record-activity.ts';
import type { RaiseCap } from '../../src/ledger/referrals/reward-windows.ts';
import { type Answer, refused } from './program-answer.ts';
import type { ModelPerson } from './program-people.ts';
import type { ProgramResets } from './program-resets.ts';
import { DAY, HOUR, type ProgramRules } from './program-rules.ts';

export type ModelReferral = {
  id: string;
  program: string;
  referrer: string;
  email: string;
  status: ReferralStatus;
  reason: ReferralReason | null;
  invitedAt: number;
  friend: string | null;
  isNew: boolean;
  linkUsedAt: number | null;
  joinedAt: number | null;
  prompts: Map<string, number>;
  qualifiedAt: number | null;
  rewardedAt: number | null;
  endedAt: number | null;
  deferredUntil: number | null;
  /** When the reward was due after the last month that was full. */
  dueAt: number | null;
  rewards: ModelReward[];
};
export type ModelReward = {
  to: 'referrer' | 'friend';
  account: string;
  givenAt: number;
  credits: bigint;
  /** When what is left of the credits is gone. */
  creditsEnd: number;
  back: { credits: bigint } | null;
};
export type ModelWindow = {
  account: string;
  program: string;
  startsAt: number;
  endsAt: number;
  cap: number;
  claimed: string[];
};

/** How late the use of a link may be told: less than a day by the grace, and by an hour for clocks. */
const TOLD_WITHIN = 22 * HOUR;

export class ProgramReferrals {
  readonly referrals = new Map<string, ModelReferral>();
  readonly windows: ModelWindow[] = [];
  readonly #rules: ProgramRules;
  readonly #people: Map<string, ModelPerson>;
  readonly #resets: ProgramResets;

  constructor(rules: ProgramRules, people: Map<string, ModelPerson>, resets: ProgramResets) {
    this.#rules = rules;
    this.#people = people;
    this.#resets = resets;
  }

  invite({ id, program, referrer_id, email }: Omit<InviteRequest, 'at'>, now: number): Answer {
    const referrer = this.#people.get(referrer_id);
    if (referrer === undefined || !this.#rules.isProgram(program)) return refused('not_found');
    if (referrer.status !== 'active') return refused('account_frozen');
    if (!this.#rules.plans.includes(referrer.plan)) return refused('plan_ineligible');
    const month = this.windowAt(referrer, program, now);
    const mine = [...this.referrals.values()].filter(
      (r) => r.referrer === referrer_id && r.program === program,
    );
    const places = mine.filter(
      ({ status, rewardedAt, invitedAt }) =>
        status === 'qualified' ||
        (isOpen(status) && invitedAt + this.#rules.inviteValid > now) ||
        (status === 'rewarded' && Number(rewardedAt) >= month.startsAt && Number(rewardedAt) < month.endsAt),
    );
    for (const r of mine) if (r.email === email) this.#runOut(r, now);
    if (places.length >= this.#rules.invites) return refused('invite_limit_reached');
    if (referrer.email === email) return refused('self_referral');
    if (email.endsWith('@mailinator.com')) return refused('disposable_address');
    if (mine.some((r) => r.email === email && isOpen(r.status))) return refused('duplicate_referral');
    const referral: ModelReferral = {
      id,
      program,
      referrer: referrer_id,
      email,
      status: 'invited',
      reason: null,
      invitedAt: now,
      friend: null,
      isNew: false,
      linkUsedAt: null,
      joinedAt: null,
      prompts: new Map(),
      qualifiedAt: null,
      rewardedAt: null,
      endedAt: null,
      deferredUntil: null,
      dueAt: null,
      rewards: [],
    };
    this.referrals.set(id, referral);
    return brief(referral);
  }

  useLink({ referral_id, account_id, used_at }: Omit<LinkUse, 'at'>, now: number): Answer {
    const referral = this.referrals.get(referral_id);
    const friend = this.#people.get(account_id);
    if (referral === undefined || friend === undefined) return refused('not_found');
    const usedAt = used_at === undefined ? now : Date.parse(used_at);
    const told = used_at !== undefined;
    if (told && (usedAt > now || usedAt < Math.max(referral.invitedAt, now - TOLD_WITHIN)))
      return refused('validation_failed');
    this.#runOut(referral, now);
    const own = referral.friend === null && referral.linkUsedAt !== null && referral.referrer === account_id;
    if (referral.friend === account_id || own) return brief(referral);
    if (referral.status === 'expired' && (referral.linkUsedAt !== null || usedAt >= this.expiryOf(referral)))
      return refused('claim_expired');
    if (referral.status !== 'invited' && referral.status !== 'expired') return refused('claim_invalid');
    const others = [...this.#othersOf(referral, account_id), ...this.#backFrom(referral, account_id)];
    for (const other of others) this.#runOut(other, usedAt);
    referral.linkUsedAt = usedAt;
    referral.isNew = friend.createdAt >= Math.min(referral.invitedAt, usedAt - HOUR);
    const reason = this.#whyNot(referral, friend, usedAt);
    referral.friend = account_id === referral.referrer ? null : account_id;
    if (reason !== undefined) return ended(referral, 'refused', reason, usedAt);
    for (const other of others)
      if (Number(other.joinedAt) > usedAt && ['joined', 'expired'].includes(other.status)) loseFriend(other);
    Object.assign(referral, { status: 'joined', reason: null, joinedAt: usedAt, endedAt: null });
    const known = [...friend.prompts].toSorted(([, a], [, b]) => a - b);
    for (const [prompt, at] of known) this.#count(referral, prompt, at);
    this.#runOut(referral, now);
    return brief(referral);
  }

  /** Those by which a friend has won the referrer, whatever happened to them. */
  #backFrom({ referrer }: ModelReferral, friend: string): ModelReferral[] {
    return [...this.referrals.values()].filter(
      (r) => r.friend === referrer && r.referrer === friend && r.joinedAt !== null,
    );
  }

  /** Ends an invitation that has run out by `at`, at its end; answers whether it did. */
  #runOut(referral: ModelReferral, at: number): boolean {
    const { status } = referral;
    if ((status !== 'invited' && status !== 'joined') || at < this.expiryOf(referral)) return false;
    const reason = referral.joinedAt === null ? 'not_used_in_time' : 'not_qualified_in_time';
    ended(referral, 'expired', reason, this.expiryOf(referral));
    return true;
  }

  /** Of a friend's other referrals those that have not qualified and might have the friend, or have again. */
  #othersOf(referral: ModelReferral | undefined, friend: string | null): ModelReferral[] {
    return [...this.referrals.values()].filter(
      (r) =>
        r !== referral &&
        r.friend === friend &&
        r.joinedAt !== null &&
        (r.status === 'joined' || r.status === 'expired'),
    );
  }

  /** Answers the referral that the event changed, or null. */
  activity({ account_id, kind, id, at }: Activity, now: number): Answer {
    const person = this.#people.get(account_id);
    if (person === undefined) return refused('not_found');
    const moment = Date.parse(at);
    if (kind === 'login') person.logins.push(moment);
    else if (!person.prompts.has(id)) person.prompts.set(id, moment);
    let answer: Answer = { value: null };
    for (const referral of this.#othersOf(undefined, account_id).toSorted((a, b) => (a.id < b.id ? -1 : 1)))
      answer = this.#hear(referral, kind, id, moment, now) ?? answer;
    return answer;
  }

  /** What an event means for one referral of its account; undefined: nothing. */
  #hear(
    referral: ModelReferral,
    kind: Activity['kind'],
    id: string,
    at: number,
    now: number,
  ): Answer | undefined {
    const { status, joinedAt, isNew } = referral;
    if ((status !== 'joined' && status !== 'expired') || joinedAt === null) return undefined;
    const isTooLate = now >= this.expiryOf(referral) + DAY;
    if (at >= joinedAt) {
      const counts = kind === 'prompt' && at < this.expiryOf(referral) && !referral.prompts.has(id);
      if (isTooLate && counts) return refused('validation_failed');
      return counts && this.#count(referral, id, at, now) ? brief(referral) : undefined;
    }
    const before = kind === 'prompt' || at < joinedAt - HOUR;
    if (isTooLate || !before || isNew || joinedAt - at > this.#rules.dormancy) return undefined;
    return ended(referral, 'refused', 'already_active', joinedAt);
  }

  reward(id: string, now: number): Answer {
    const referral = this.referrals.get(id);
    if (referral === undefined) return refused('not_found');
    if (referral.status !== 'qualified' || Number(referral.deferredUntil ?? 0) > now) return brief(referral);
    for (const due of this.#owedWith(referral, now)) this.#reward(due, now);
    return brief(referral);
  }

  /** A due referral and what else is due to its referrer in the program, in the order in which their friends qualified. */
  #owedWith(referral: ModelReferral, now: number): ModelReferral[] {
    const owed = [...this.referrals.values()].filter(
      (r) =>
        r.referrer === referral.referrer &&
        r.program === referral.program &&
        r.status === 'qualified' &&
        Number(r.deferredUntil ?? r.qualifiedAt) <= now,
    );
    return [...new Set([referral, ...owed])].toSorted((a, b) => (isOlder(a, b) ? -1 : 1));
  }

  /** Friends who qualified earlier and wait for a frozen account, or for such a one, and when the first is tried again. */
  #turnsBefore(referral: ModelReferral, month: ModelWindow, now: number): { waiting: number; next: number } {
    const waiting = [...this.referrals.values()].filter(
      (r) =>
        r.referrer === referral.referrer &&
        r.program === referral.program &&
        r.status === 'qualified' &&
        isOlder(r, referral) &&
        (r.reason === 'account_frozen' ||
          (r.reason === 'reward_cap_reached' &&
            Number(r.deferredUntil) > now &&
            Number(r.deferredUntil) < month.endsAt)),
    );
    const times = waiting.map((r) => Number(r.deferredUntil)).filter((time) => time > now);
    return { waiting: waiting.length, next: times.length === 0 ? now + DAY : Math.min(...times) };
  }

  /** Told by a clock that lags behind, it is given when the friend qualified. */
  #reward(referral: ModelReferral, told: number): Answer {
    const now = Math.max(told, Number(referral.qualifiedAt));
    const referrer = this.#person(referral.referrer);
    const statuses = [referrer.status, this.#person(String(referral.friend)).status];
    if (statuses.includes('closed')) return ended(referral, 'refused', 'account_frozen', now);
    if (statuses.includes('frozen')) {
      if (now >= Number(referral.dueAt ?? referral.qualifiedAt) + this.#rules.clawback)
        return ended(referral, 'refused', 'account_frozen', now);
      return deferred(referral, now + DAY, 'account_frozen');
    }
    if (referral.rewards.length === 0 && this.#wasWonByFriend(referral))
      return ended(referral, 'refused', 'duplicate_referral', now);
    if (this.#rules.friendResets > 0) this.#give(referral, 'friend', now);
    const month = this.windowAt(referrer, referral.program, now);
    const turns = this.#turnsBefore(referral, month, now);
    if (month.claimed.length < month.cap && month.claimed.length + turns.waiting >= month.cap)
      return putOff(referral, Math.min(turns.next, month.endsAt));
    if (month.claimed.length >= month.cap) {
      if (referral.program === 'forfeits') return ended(referral, 'refused', 'reward_cap_reached', now);
      return putOff(referral, month.endsAt);
    }
    if (!this.windows.includes(month)) this.windows.push(month);
    month.claimed.push(referral.id);
    this.#give(referral, 'referrer', now);
    Object.assign(referral, { status: 'rewarded', reason: null, rewardedAt: now, deferredUntil: null });
    return brief(referral);
  }

  act({ referral_id, action }: Omit<ReferralAction, 'at'>, now: number): Answer {
    const referral = this.referrals.get(referral_id);
    if (referral === undefined) return refused('not_found');
    this.#runOut(referral, now);
    if (action === 'cancel') {
      if (referral.status === 'qualified') return refused('already_qualified');
      if (!isOpen(referral.status)) return refused('already_resolved');
      return ended(referral, 'canceled', 'canceled_by_referrer', now);
    }
    const given = referral.rewards.filter(({ back }) => back === null).map(({ givenAt }) => givenAt);
    if (referral.status !== 'qualified') {
      if (given.length === 0) return refused('not_rewarded');
      const since = referral.rewardedAt ?? Math.max(...given);
      if (now >= since + this.#rules.clawback) return refused('clawback_too_late');
    }
    for (const reward of referral.rewards) {
      this.#resets.revoke(reward.account, referral_id, now);
      reward.back = { credits: reward.creditsEnd > now ? reward.credits : 0n };
    }
    return ended(referral, 'refused', 'clawed_back', now);
  }

  /** An operator raises the cap of a month; what was deferred out of it is due at once. */
  raise({ account_id, program, month, cap }: Omit<RaiseCap, 'at'>, now: number): Answer {
    const person = this.#people.get(account_id);
    if (person === undefined || !this.#rules.isProgram(program)) return refused('not_found');
    const window = this.windowAt(person, program, Date.parse(month));
    if (window.startsAt !== Date.parse(month) || cap <= window.cap) return refused('validation_failed');
    if (!this.windows.includes(window)) this.windows.push(window);
    window.cap = cap;
    for (const referral of this.referrals.values()) {
      const { referrer, deferredUntil, reason } = referral;
      if (referrer !== account_id || referral.program !== program || referral.status !== 'qualified')
        continue;
      const until = Number(deferredUntil);
      if (reason === 'reward_cap_reached' && until > Math.max(window.startsAt, now) && until <= window.endsAt)
        Object.assign(referral, { deferredUntil: now, dueAt: now });
    }
    const ends_at = new Date(window.endsAt).toISOString();
    return { value: { month, ends_at, cap, claimed: [...window.claimed] } };
  }

  expire(now: number): Answer {
    const due = [...this.referrals.values()].filter((r) => this.#runOut(r, now));
    return { value: due.map(({ id }) => id).toSorted() };
  }

  /** A window that something is counted in, or the person's billing month as one. */
  windowAt(person: ModelPerson, program: string, at: number): ModelWindow {
    const { startsAt, endsAt } = billingMonthOf(person.billingDays, at);
    const stored = this.windows.find(
      (w) => w.account === person.id && w.program === program && w.startsAt === startsAt,
    );
    return stored ?? { account: person.id, program, startsAt, endsAt, cap: this.#rules.cap, claimed: [] };
  }

  /** When the latest month begins in which something of a person is counted. */
  countedIn(account: string): number {
    return Math.max(...this.windows.filter((w) => w.account === account).map((w) => w.startsAt), -Infinity);
  }

  expiryOf(referral: ModelReferral): number {
    return referral.invitedAt + this.#rules.inviteValid;
  }

  /** Credits that rewards have left an account at a moment. */
  creditsOf(account: string, now: number): bigint {
    return [...this.referrals.values()]
      .flatMap(({ rewards }) => rewards)
      .filter((reward) => reward.account === account && reward.creditsEnd > now && reward.back === null)
      .reduce((sum, reward) => sum + reward.credits, 0n);
  }

  #whyNot(referral: ModelReferral, friend: ModelPerson, at: number): ReferralReason | undefined {
    const referrer = this.#person(referral.referrer);
    if (friend === referrer || (friend.email !== null && friend.email === referrer.email))
      return 'self_referral';
    if (friend.status !== 'active') return 'account_frozen';
    const shared = friend.marks.filter((mark) => referrer.marks.includes(mark));
    if (shared.some((mark) => !mark.startsWith('card:'))) return 'same_device';
    if (shared.length > 0) return 'same_card';
    const won = [...this.referrals.values()].some(
      (r) => r !== referral && r.friend === friend.id && hadFriend(r, at),
    );
    if (won) return 'duplicate_referral';
    const wonBack = this.#backFrom(referral, friend.id).some((r) => hadFriend(r, at));
    if (wonBack) return 'duplicate_referral';
    const active = [
      ...friend.logins.filter((when) => when < at - HOUR),
      ...[...friend.prompts.values()].filter((when) => when < at),
    ];
    const last = active.length === 0 ? friend.createdAt : Math.max(...active);
    return !referral.isNew && at - last <= this.#rules.dormancy ? 'already_active' : undefined;
  }

  /** The last prompt that was missing brings back a referral that ran out meanwhile. */
  #count(referral: ModelReferral, prompt: string, at: number, now?: number): boolean {
    const inTime = at >= Number(referral.joinedAt) && at < this.expiryOf(referral);
    if (
      (referral.status !== 'joined' && referral.status !== 'expired') ||
      !inTime ||
      referral.prompts.has(prompt)
    )
      return false;
    const later = [...this.referrals.values()].filter((r) => r !== referral && r.friend === referral.friend);
    if (referral.status === 'expired' && later.some(({ qualifiedAt }) => qualifiedAt !== null)) return false;
    referral.prompts.set(prompt, at);
    if (referral.prompts.size === this.#rules.prompts) {
      for (const other of later) if (other.status === 'joined') loseFriend(other);
      const last = Math.max(...referral.prompts.values());
      const qualifiedAt = Math.max(Number(referral.joinedAt), Math.min(last, now ?? last));
      Object.assign(referral, { status: 'qualified', reason: null, endedAt: null, qualifiedAt });
    }
    return true;
  }

  /** Of two people who refer each other one counts. */
  #wasWonByFriend(referral: ModelReferral): boolean {
    return [...this.referrals.values()].some(
      (r) =>
        r.friend === referral.referrer &&
        r.referrer === referral.friend &&
        ((r.status === 'qualified' && isOlder(r, referral)) || r.rewards.length > 0),
    );
  }

  #give(referral: ModelReferral, to: ModelReward['to'], now: number): void {
    if (referral.rewards.some((reward) => reward.to === to)) return;
    const account = to === 'referrer' ? referral.referrer : String(referral.friend);
    this.#resets.bank(account, 1, 'referral', referral.id, now);
    const credits = to === 'referrer' ? this.#rules.referrerCredits : 0n;
    const creditsEnd = now + this.#rules.creditsValid;
    referral.rewards.push({ to, account, givenAt: now, credits, creditsEnd, back: null });
  }

  #person(id: string): ModelPerson {
    const person = this.#people.get(id);
    if (person === undefined) throw new Error(`the model knows no ${id}`);
    return person;
  }
}

function isOpen(status: ReferralStatus): boolean {
  return status === 'invited' || status === 'joined' || status === 'qualified';
}

/** Whether the friend of a referral was its friend at a moment, or has qualified since. */
function hadFriend({ status, joinedAt, qualifiedAt, endedAt }: ModelReferral, at: number): boolean {
  if (qualifiedAt !== null) return true;
  if (joinedAt === null || joinedAt > at) return false;
  return status === 'joined' || ((status === 'expired' || status === 'canceled') && Number(endedAt) > at);
}

/** The friend came by another link before. */
function loseFriend(referral: ModelReferral): void {
  ended(referral, 'refused', 'duplicate_referral', Number(referral.joinedAt));
}

function ended(
  referral: ModelReferral,
  status: ReferralStatus,
  reason: ReferralReason,
  endedAt: number,
): Answer {
  Object.assign(referral, { status, reason, endedAt, deferredUntil: null });
  return brief(referral);
}

/** Over the cap, or behind somebody who waits. */
function putOff(referral: ModelReferral, until: number): Answer {
  referral.dueAt = until;
  return deferred(referral, until, 'reward_cap_reached');
}

/** By when the friends qualified. */
function isOlder(a: ModelReferral, b: ModelReferral): boolean {
  const between = Number(a.qualifiedAt) - Number(b.qualifiedAt);
  return between < 0 || (between === 0 && a.id < b.id);
}

function deferred(referral: ModelReferral, until: number, reason: ReferralReason): Answer {
  Object.assign(referral, { deferredUntil: until, reason });
  return brief(referral);
}

function brief({ id, status, reason, prompts }: ModelReferral): Answer {
  return { value: { id, status, reason_code: reason, prompts_seen: prompts.size } };
}
