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
  /** After an invitation's end prompts of before may be told for so long. */
  toldLate: DAY,
};
export type Program = 'forfeits' | 'defers';

type Person = {
  createdAt: number;
  card: string | undefined;
  logins: number[];
  /** What the account's owner says: an earlier moment than before corrects it. */
  said: number[];
  prompts: Map<string, number>;
};
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
  endedAt?: number;
  deferredUntil?: number;
};

export class ReferralModel {
  readonly people = new Map<string, Person>();
  readonly referrals = new Map<string, ModelReferral>();
  /** When each referrer's rewards were given, by `referrer program`; a clawback does not give the place back. */
  readonly #given = new Map<string, number[]>();

  addPerson(id: string, createdAt: number, card?: string): void {
    this.people.set(id, { createdAt, card, logins: [], said: [], prompts: new Map() });
  }

  /** The code of the refusal, or undefined and the invitation stands. */
  invite(id: string, program: Program, referrer: string, address: string, at: number): string | undefined {
    const mine = [...this.referrals.values()].filter((r) => r.referrer === referrer && r.program === program);
    const taken = mine.filter(
      ({ status, rewardedAt, invitedAt }) =>
        status === 'qualified' ||
        (isOpen(status) && at < invitedAt + RULES.valid) ||
        (status === 'rewarded' && monthOf(rewardedAt ?? 0) === monthOf(at)),
    );
    for (const r of mine) if (r.address === address) runOut(r, at);
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

  /** @param at when it was used, @param told and when that is told. */
  useLink(id: string, account: string, at: number, told = at): void {
    const referral = this.#get(id);
    const friend = this.people.get(account);
    if (friend === undefined) return;
    runOut(referral, told);
    const ranOut = referral.status === 'expired' && referral.friend === undefined;
    if ((referral.status !== 'invited' && !ranOut) || at >= referral.invitedAt + RULES.valid) return;
    const others = [
      ...this.#joinedBy(account).filter((other) => other !== referral),
      ...this.#joinedBy(referral.referrer).filter((other) => other.referrer === account),
    ];
    for (const other of others) runOut(other, at);
    referral.isNew = friend.createdAt >= referral.invitedAt || friend.createdAt >= at - RULES.grace;
    const reason = this.#whyNot(referral, account, friend, at);
    if (account !== referral.referrer) referral.friend = account;
    if (reason !== undefined) {
      end(referral, 'refused', reason, at);
      return;
    }
    for (const other of others)
      if ((other.joinedAt ?? 0) > at && ['joined', 'expired'].includes(other.status)) loseFriend(other);
    Object.assign(referral, { status: 'joined', reason: null, joinedAt: at });
    const known = [...friend.prompts].toSorted(([, a], [, b]) => a - b);
    for (const [prompt, when] of known) this.#count(referral, prompt, when);
    runOut(referral, told);
  }

  activity(account: string, kind: 'login' | 'prompt', id: string, at: number, told = at): void {
    const person = this.people.get(account);
    if (person === undefined) return;
    if (kind === 'login') person.logins.push(at);
    else if (!person.prompts.has(id)) person.prompts.set(id, at);
    this.#hear(account, kind, id, at, told);
  }

  /** An account's owner says when it was active last: that is like a login. */
  sayActive(account: string, at: number, told: number): void {
    const person = this.people.get(account);
    if (person === undefined) return;
    person.said = person.said.some((before) => before > at) ? [at] : [...person.said, at];
    this.#hear(account, 'login', '', at, told);
  }

  #hear(account: string, kind: 'login' | 'prompt', id: string, at: number, told: number): void {
    for (const referral of this.#joinedBy(account)) {
      const { joinedAt = 0, status } = referral;
      if (
        (status !== 'joined' && status !== 'expired') ||
        told >= referral.invitedAt + RULES.valid + RULES.toldLate
      )
        continue;
      const before = kind === 'prompt' ? at < joinedAt : at < joinedAt - RULES.grace;
      if (kind === 'prompt' && !before) this.#count(referral, id, at);
      else if (before && referral.isNew === false && joinedAt - at <= RULES.dormancy) {
        end(referral, 'refused', 'already_active', joinedAt);
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
    } else if (referral.program === 'forfeits') end(referral, 'refused', 'reward_cap_reached', at);
    else {
      referral.deferredUntil = monthEnd(at);
      referral.reason = 'reward_cap_reached';
    }
  }

  cancel(id: string, at: number): void {
    const referral = this.#get(id);
    runOut(referral, at);
    if (['invited', 'joined'].includes(referral.status))
      end(referral, 'canceled', 'canceled_by_referrer', at);
  }

  clawBack(id: string, at: number): void {
    const referral = this.#get(id);
    runOut(referral, at);
    const inTime = referral.status === 'rewarded' && at < (referral.rewardedAt ?? 0) + RULES.clawback;
    if (inTime || referral.status === 'qualified') {
      end(referral, 'refused', 'clawed_back', at);
    }
  }

  expire(at: number): void {
    for (const referral of this.referrals.values()) runOut(referral, at);
  }

  #whyNot(referral: ModelReferral, account: string, friend: Person, at: number): ReferralReason | undefined {
    const referrer = this.people.get(referral.referrer);
    if (account === referral.referrer) return 'self_referral';
    if (friend.card !== undefined && friend.card === referrer?.card) return 'same_card';
    const won = this.#joinedBy(account).some((other) => other !== referral && hadFriend(other, at));
    const wonBack = this.#joinedBy(referral.referrer).some(
      (other) => other.referrer === account && hadFriend(other, at),
    );
    if (won || wonBack) return 'duplicate_referral';
    const active = [
      ...[...friend.logins, ...friend.said].filter((when) => when < at - RULES.grace),
      ...[...friend.prompts.values()].filter((when) => when < at),
    ];
    const last = active.length === 0 ? friend.createdAt : Math.max(...active);
    return referral.isNew === false && at - last <= RULES.dormancy ? 'already_active' : undefined;
  }

  /** Those that an account's links have joined, whatever happened to them. */
  #joinedBy(account: string): ModelReferral[] {
    return [...this.referrals.values()].filter((r) => r.friend === account && r.joinedAt !== undefined);
  }

  /** The last prompt that was missing brings back a referral that ran out meanwhile. */
  #count(referral: ModelReferral, prompt: string, at: number): void {
    const inTime = at >= (referral.joinedAt ?? Infinity) && at < referral.invitedAt + RULES.valid;
    if ((referral.status !== 'joined' && referral.status !== 'expired') || !inTime) return;
    const others = this.#joinedBy(referral.friend ?? '').filter((other) => other !== referral);
    if (referral.status === 'expired' && others.some(({ qualifiedAt }) => qualifiedAt !== undefined)) return;
    referral.prompts.set(prompt, at);
    if (referral.prompts.size !== RULES.prompts) return;
    for (const other of others) if (other.status === 'joined') loseFriend(other);
    const qualifiedAt = Math.max(...referral.prompts.values());
    Object.assign(referral, { status: 'qualified', reason: null, qualifiedAt });
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

/** Ends an invitation that has run out by `at`. */
function runOut(referral: ModelReferral, at: number): void {
  const ends = referral.invitedAt + RULES.valid;
  if (at < ends || (referral.status !== 'invited' && referral.status !== 'joined')) return;
  end(
    referral,
    'expired',
    referral.status === 'invited' ? 'not_used_in_time' : 'not_qualified_in_time',
    ends,
  );
}

/** Whether the friend of a referral was its friend at a moment, or has qualified since. */
function hadFriend(
  { status, joinedAt = Infinity, qualifiedAt, endedAt = 0 }: ModelReferral,
  at: number,
): boolean {
  if (qualifiedAt !== undefined) return true;
  return (
    joinedAt <= at && (status === 'joined' || (['expired', 'canceled'].includes(status) && endedAt > at))
  );
}

/** The friend came by another link before. */
function loseFriend(referral: ModelReferral): void {
  end(referral, 'refused', 'duplicate_referral', referral.joinedAt ?? 0);
}

function end(referral: ModelReferral, status: ReferralStatus, reason: ReferralReason, at: number): void {
  referral.status = status;
  referral.reason = reason;
  referral.endedAt = at;
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
