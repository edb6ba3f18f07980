/** What referrals should do, told again in as few words as possible: whole histories, no SQL. */
import type { ReferralReason, ReferralStatus } from '../../src/domain/referral-status.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The rules of the model's programs; one that defers, one that forfeits. */
export const RULES = {
  prompts: 2,
  invites: 3,
  cap: 2,
  dormancy: 62 * DAY,
  grace: HOUR,
  valid: 30 * DAY,
  clawback: 30 * DAY,
};
export type Program = 'forfeits' | 'defers';

type Person = { createdAt: number; card: string | undefined; logins: number[]; prompts: Map<string, number> };
export type ModelReferral = {
  program: Program;
  referrer: string;
  address: string;
  invitedAt: number;
  status: ReferralStatus;
  reason: ReferralReason | null;
  friend?: string;
  isNew?: boolean;
  joinedAt?: number;
  /** When each was sent. */
  prompts: Map<string, number>;
  qualifiedAt?: number;
  rewardedAt?: number;
  deferredUntil?: number;
};

export class ReferralModel {
  readonly people = new Map<string, Person>();
  readonly referrals = new Map<string, ModelReferral>();
  /** When each referrer's rewards were given, by `referrer program`; a clawback does not give the place back. */
  readonly #given = new Map<string, number[]>();

  addPerson(id: string, createdAt: number, card?: string): void {
    this.people.set(id, { createdAt, card, logins: [], prompts: new Map() });
  }

  /** The code of the refusal, or undefined and the invitation stands. */
  invite(id: string, program: Program, referrer: string, address: string, at: number): string | undefined {
    const mine = [...this.referrals.values()].filter((r) => r.referrer === referrer && r.program === program);
    const taken = mine.filter(
      ({ status, rewardedAt }) =>
        isOpen(status) || (status === 'rewarded' && monthOf(rewardedAt ?? 0) === monthOf(at)),
    );
    if (taken.length >= RULES.invites) return 'invite_limit_reached';
    if (mine.some((r) => r.address === address && isOpen(r.status))) return 'duplicate_referral';
    this.referrals.set(id, {
      program,
      referrer,
      address,
      invitedAt: at,
      status: 'invited',
      reason: null,
      prompts: new Map(),
    });
    return undefined;
  }

  useLink(id: string, account: string, at: number): void {
    const referral = this.#get(id);
    const friend = this.people.get(account);
    if (referral.status !== 'invited' || friend === undefined) return;
    if (at >= referral.invitedAt + RULES.valid) {
      end(referral, 'expired', 'not_used_in_time');
      return;
    }
    referral.isNew = friend.createdAt >= referral.invitedAt || friend.createdAt >= at - RULES.grace;
    const reason = this.#whyNot(referral, account, friend, at);
    if (account !== referral.referrer) referral.friend = account;
    if (reason !== undefined) {
      end(referral, 'refused', reason);
      return;
    }
    referral.status = 'joined';
    referral.joinedAt = at;
    const known = [...friend.prompts].toSorted(([, a], [, b]) => a - b);
    for (const [prompt, when] of known) this.#count(referral, prompt, when);
  }

  activity(account: string, kind: 'login' | 'prompt', id: string, at: number): void {
    const person = this.people.get(account);
    if (person === undefined) return;
    if (kind === 'login') person.logins.push(at);
    else if (!person.prompts.has(id)) person.prompts.set(id, at);
    for (const referral of this.referrals.values()) {
      if (referral.status !== 'joined' || referral.friend !== account || referral.joinedAt === undefined)
        continue;
      const before = kind === 'prompt' ? at < referral.joinedAt : at < referral.joinedAt - RULES.grace;
      if (kind === 'prompt' && !before) this.#count(referral, id, at);
      else if (before && referral.isNew === false && referral.joinedAt - at <= RULES.dormancy) {
        end(referral, 'refused', 'already_active');
      }
    }
  }

  reward(id: string, at: number): void {
    const referral = this.#get(id);
    if (referral.status !== 'qualified' || (referral.deferredUntil ?? 0) > at) return;
    // Whatever is due to the referrer comes in the order in which the friends qualified.
    const owed = [...this.referrals.entries()].filter(
      ([other, r]) =>
        other === id ||
        (r.referrer === referral.referrer &&
          r.program === referral.program &&
          r.status === 'qualified' &&
          (r.deferredUntil ?? r.qualifiedAt ?? Infinity) <= at),
    );
    owed.sort(([a, x], [b, y]) => (x.qualifiedAt ?? 0) - (y.qualifiedAt ?? 0) || (a < b ? -1 : 1));
    for (const [, due] of owed) this.#reward(due, at);
  }

  #reward(referral: ModelReferral, at: number): void {
    const key = `${referral.referrer} ${referral.program}`;
    const given = this.#given.get(key) ?? [];
    if (given.filter((when) => monthOf(when) === monthOf(at)).length < RULES.cap) {
      this.#given.set(key, [...given, at]);
      referral.rewardedAt = at;
      delete referral.deferredUntil;
      referral.reason = null;
      referral.status = 'rewarded';
    } else if (referral.program === 'forfeits') end(referral, 'refused', 'reward_cap_reached');
    else {
      referral.deferredUntil = monthEnd(at);
      referral.reason = 'reward_cap_reached';
    }
  }

  cancel(id: string): void {
    const referral = this.#get(id);
    if (['invited', 'joined'].includes(referral.status)) end(referral, 'canceled', 'canceled_by_referrer');
  }

  clawBack(id: string, at: number): void {
    const referral = this.#get(id);
    const inTime = referral.status === 'rewarded' && at < (referral.rewardedAt ?? 0) + RULES.clawback;
    if (inTime || referral.status === 'qualified') {
      end(referral, 'refused', 'clawed_back');
    }
  }

  expire(at: number): void {
    for (const referral of this.referrals.values()) {
      if (at < referral.invitedAt + RULES.valid) continue;
      if (referral.status === 'invited') end(referral, 'expired', 'not_used_in_time');
      if (referral.status === 'joined') end(referral, 'expired', 'not_qualified_in_time');
    }
  }

  #whyNot(referral: ModelReferral, account: string, friend: Person, at: number): ReferralReason | undefined {
    const referrer = this.people.get(referral.referrer);
    if (account === referral.referrer) return 'self_referral';
    if (friend.card !== undefined && friend.card === referrer?.card) return 'same_card';
    const won = [...this.referrals.values()].some(
      (other) => other.friend === account && (other.status === 'joined' || other.qualifiedAt !== undefined),
    );
    const wonBack = [...this.referrals.values()].some(
      (other) =>
        other.friend === referral.referrer &&
        other.referrer === account &&
        (other.status === 'joined' || other.qualifiedAt !== undefined),
    );
    if (won || wonBack) return 'duplicate_referral';
    const active = [
      ...friend.logins.filter((when) => when < at - RULES.grace),
      ...[...friend.prompts.values()].filter((when) => when < at),
    ];
    const last = active.length === 0 ? friend.createdAt : Math.max(...active);
    return referral.isNew === false && at - last <= RULES.dormancy ? 'already_active' : undefined;
  }

  #count(referral: ModelReferral, prompt: string, at: number): void {
    const inTime = at >= (referral.joinedAt ?? Infinity) && at < referral.invitedAt + RULES.valid;
    if (referral.status !== 'joined' || !inTime) return;
    referral.prompts.set(prompt, at);
    if (referral.prompts.size !== RULES.prompts) return;
    referral.status = 'qualified';
    referral.qualifiedAt = Math.max(...referral.prompts.values());
  }

  #get(id: string): ModelReferral {
    const referral = this.referrals.get(id);
    if (referral === undefined) throw new Error(`no referral ${id}`);
    return referral;
  }
}

function isOpen(status: ReferralStatus): boolean {
  return ['invited', 'joined', 'qualified'].includes(status);
}

function end(referral: ModelReferral, status: ReferralStatus, reason: ReferralReason): void {
  referral.status = status;
  referral.reason = reason;
  delete referral.deferredUntil;
}

/** The model's people are billed on the first. */
function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}

function monthEnd(at: number): number {
  const day = new Date(at);
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 1);
}
