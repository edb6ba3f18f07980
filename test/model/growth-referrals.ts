/** Referrals and reward windows as they should be, told again in memory: whole histories, no SQL. */
import { billingMonthOf } from '../../src/domain/billing-month.ts';
import type { ReferralReason, ReferralStatus } from '../../src/domain/referral-status.ts';
import type {
  Activity,
  InviteRequest,
  LinkUse,
  RaiseCap,
  ReferralAction,
} from '../../src/ledger/referrals.ts';
import { type Answer, refused } from './growth-calls.ts';
import type { ModelPerson } from './growth-people.ts';
import type { GrowthResets } from './growth-resets.ts';
import { DAY, type GrowthRules, HOUR } from './growth-rules.ts';

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
  deferredUntil: number | null;
  rewards: ModelReward[];
};
export type ModelReward = {
  to: 'referrer' | 'friend';
  account: string;
  givenAt: number;
  credits: bigint;
  /** When what is left of the credits is gone. */
  creditsEnd: number;
  back: { resets: number; credits: bigint } | null;
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

export class GrowthReferrals {
  readonly referrals = new Map<string, ModelReferral>();
  readonly windows: ModelWindow[] = [];
  readonly #rules: GrowthRules;
  readonly #people: Map<string, ModelPerson>;
  readonly #resets: GrowthResets;

  constructor(rules: GrowthRules, people: Map<string, ModelPerson>, resets: GrowthResets) {
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
      ({ status, rewardedAt }) =>
        isOpen(status) ||
        (status === 'rewarded' && Number(rewardedAt) >= month.startsAt && Number(rewardedAt) < month.endsAt),
    );
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
      deferredUntil: null,
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
    const own = referral.friend === null && referral.linkUsedAt !== null && referral.referrer === account_id;
    if (referral.friend === account_id || own) return brief(referral);
    if (referral.status === 'expired') return refused('claim_expired');
    if (referral.status !== 'invited') return refused('claim_invalid');
    if (usedAt >= this.expiryOf(referral)) return ended(referral, 'expired', 'not_used_in_time');
    referral.linkUsedAt = usedAt;
    referral.isNew = friend.createdAt >= Math.min(referral.invitedAt, usedAt - HOUR);
    const reason = this.#whyNot(referral, friend, usedAt);
    referral.friend = account_id === referral.referrer ? null : account_id;
    if (reason !== undefined) return ended(referral, 'refused', reason);
    referral.status = 'joined';
    referral.joinedAt = usedAt;
    const known = [...friend.prompts].toSorted(([, a], [, b]) => a - b);
    for (const [prompt, at] of known) this.#count(referral, prompt, at);
    return brief(referral);
  }

  /** Answers the referral that the event changed, or null. */
  activity({ account_id, kind, id, at }: Activity): Answer {
    const person = this.#people.get(account_id);
    if (person === undefined) return refused('not_found');
    const moment = Date.parse(at);
    if (kind === 'login') person.logins.push(moment);
    else if (!person.prompts.has(id)) person.prompts.set(id, moment);
    const joined = [...this.referrals.values()].find((r) => r.status === 'joined' && r.friend === account_id);
    if (joined === undefined) return { value: null };
    const joinedAt = Number(joined.joinedAt);
    if (kind === 'prompt' && moment >= joinedAt)
      return this.#count(joined, id, moment) ? brief(joined) : { value: null };
    const before = kind === 'prompt' || moment < joinedAt - HOUR;
    if (moment >= joinedAt || !before || joined.isNew || joinedAt - moment > this.#rules.dormancy)
      return { value: null };
    return ended(joined, 'refused', 'already_active');
  }

  reward(id: string, now: number): Answer {
    const referral = this.referrals.get(id);
    if (referral === undefined) return refused('not_found');
    if (referral.status !== 'qualified' || Number(referral.deferredUntil ?? 0) > now) return brief(referral);
    for (const due of this.#owedWith(referral, now)) this.#reward(due, now);
    return brief(referral);
  }

  /** A due referral and what its referrer is still owed from a month that was full, in the order of their friends. */
  #owedWith(referral: ModelReferral, now: number): ModelReferral[] {
    const owed = [...this.referrals.values()].filter(
      (r) =>
        r.referrer === referral.referrer &&
        r.program === referral.program &&
        r.status === 'qualified' &&
        r.reason === 'reward_cap_reached' &&
        Number(r.deferredUntil) <= now,
    );
    return [...new Set([referral, ...owed])].toSorted(
      (a, b) => Number(a.qualifiedAt) - Number(b.qualifiedAt) || (a.id < b.id ? -1 : 1),
    );
  }

  #reward(referral: ModelReferral, now: number): Answer {
    const referrer = this.#person(referral.referrer);
    const statuses = [referrer.status, this.#person(String(referral.friend)).status];
    if (statuses.includes('closed')) return ended(referral, 'refused', 'account_frozen');
    if (statuses.includes('frozen')) {
      if (now >= Number(referral.qualifiedAt) + this.#rules.clawback)
        return ended(referral, 'refused', 'account_frozen');
      return deferred(referral, now + DAY, 'account_frozen');
    }
    if (this.#rules.friendResets > 0) this.#give(referral, 'friend', now);
    const month = this.windowAt(referrer, referral.program, now);
    if (month.claimed.length >= month.cap) {
      if (referral.program === 'forfeits') return ended(referral, 'refused', 'reward_cap_reached');
      return deferred(referral, month.endsAt, 'reward_cap_reached');
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
    if (action === 'cancel') {
      if (referral.status === 'qualified') return refused('already_qualified');
      if (!isOpen(referral.status)) return refused('already_resolved');
      return ended(referral, 'canceled', 'canceled_by_referrer');
    }
    const given = referral.rewards.filter(({ back }) => back === null).map(({ givenAt }) => givenAt);
    if (referral.status !== 'qualified') {
      if (given.length === 0) return refused('not_rewarded');
      const since = referral.rewardedAt ?? Math.max(...given);
      if (now >= since + this.#rules.clawback) return refused('clawback_too_late');
    }
    for (const reward of referral.rewards) {
      const resets = this.#resets.revoke(reward.account, referral_id, now);
      reward.back = { resets, credits: reward.creditsEnd > now ? reward.credits : 0n };
    }
    return ended(referral, 'refused', 'clawed_back');
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
      if (reason === 'reward_cap_reached' && deferredUntil === window.endsAt) referral.deferredUntil = now;
    }
    const ends_at = new Date(window.endsAt).toISOString();
    return { value: { month, ends_at, cap, claimed: [...window.claimed] } };
  }

  expire(now: number): Answer {
    const due = [...this.referrals.values()].filter(
      (r) => (r.status === 'invited' || r.status === 'joined') && now >= this.expiryOf(r),
    );
    for (const referral of due)
      ended(
        referral,
        'expired',
        referral.status === 'invited' ? 'not_used_in_time' : 'not_qualified_in_time',
      );
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
      (r) => r.friend === friend.id && (r.status === 'joined' || r.qualifiedAt !== null),
    );
    if (won) return 'duplicate_referral';
    const active = [
      ...friend.logins.filter((when) => when < at - HOUR),
      ...[...friend.prompts.values()].filter((when) => when < at),
    ];
    const last = active.length === 0 ? friend.createdAt : Math.max(...active);
    return !referral.isNew && at - last <= this.#rules.dormancy ? 'already_active' : undefined;
  }

  #count(referral: ModelReferral, prompt: string, at: number): boolean {
    const inTime = at >= Number(referral.joinedAt) && at < this.expiryOf(referral);
    if (referral.status !== 'joined' || !inTime || referral.prompts.has(prompt)) return false;
    referral.prompts.set(prompt, at);
    if (referral.prompts.size === this.#rules.prompts) {
      referral.status = 'qualified';
      referral.qualifiedAt = Math.max(...referral.prompts.values());
    }
    return true;
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

function ended(referral: ModelReferral, status: ReferralStatus, reason: ReferralReason): Answer {
  Object.assign(referral, { status, reason, deferredUntil: null });
  return brief(referral);
}

function deferred(referral: ModelReferral, until: number, reason: ReferralReason): Answer {
  Object.assign(referral, { deferredUntil: until, reason });
  return brief(referral);
}

function brief({ id, status, reason, prompts }: ModelReferral): Answer {
  return { value: { id, status, reason_code: reason, prompts_seen: prompts.size } };
}
