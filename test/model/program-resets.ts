/** Banked resets and usage windows as they should be, told again in memory. */
import { formatCredits } from '../../src/domain/credits.ts';
import {
  restoredWindow,
  type UsageWindow,
  WINDOW_KINDS,
  WINDOW_LENGTH_MS,
  type WindowKind,
  windowAt,
} from '../../src/domain/usage-window.ts';
import type { RedeemRequest } from '../../src/ledger/resets/redeem-resets.ts';
import { type Answer, refused } from './program-answer.ts';
import { type ModelPerson, personAt } from './program-people.ts';
import { DAY, type ProgramRules } from './program-rules.ts';
import { WindowHistory, type Windows } from './window-history.ts';

export type ModelReset = {
  /** The ledger's, known as soon as its row has been seen. */
  id: string;
  account: string;
  status: string;
  source: string;
  reference: string;
  grantedAt: number;
  expiresAt: number;
  redeemedAt: number | null;
  returnAt: number | null;
  /** Whether it went on as another one. */
  goneOn: boolean;
};
type Redemption = {
  account: string;
  requestId: string;
  reset: ModelReset;
  at: number;
  before: Windows;
  moved: boolean;
};

/** How long before its expiry a reset is at its last moment. */
const LAST_MOMENT = 600_000;

export class ProgramResets {
  /** In the order in which each account came by them. */
  readonly resets: ModelReset[] = [];
  readonly windows = new WindowHistory();
  /** When everybody's windows were restored, of each account. */
  readonly #restored: { account: string; at: number }[] = [];
  readonly #redemptions: Redemption[] = [];
  /** Rewards that were taken back, by account and referral. */
  readonly #takenBack: { account: string; referral: string }[] = [];
  /** The gift that holds it ends. */
  onTakenOutOfGift: (reset: ModelReset) => void = () => undefined;
  readonly #rules: ProgramRules;
  readonly #people: Map<string, ModelPerson>;

  constructor(rules: ProgramRules, people: Map<string, ModelPerson>) {
    this.#rules = rules;
    this.#people = people;
  }

  bank(account: string, count: number, source: string, reference: string, now: number): number[] {
    const expiresAt = now + this.#rules.resetDays * DAY;
    for (let n = 0; n < count; n++) this.add({ account, source, reference, grantedAt: now, expiresAt });
    return Array.from({ length: count }, () => expiresAt);
  }

  /** Whether its owner has it by a gift: one that came back is still the one that was given. */
  wasGiven(reset: ModelReset): boolean {
    return this.#origin(reset).source === 'gift';
  }

  /** The one that it was before it came back. */
  #origin(reset: ModelReset): ModelReset {
    const before = this.resets.find(({ id }) => reset.source === 'return' && id === reset.reference);
    return before === undefined ? reset : this.#origin(before);
  }

  add(reset: Pick<ModelReset, 'account' | 'source' | 'reference' | 'grantedAt' | 'expiresAt'>): void {
    this.resets.push({
      id: '',
      status: 'available',
      redeemedAt: null,
      returnAt: null,
      goneOn: false,
      ...reset,
    });
  }

  /** @param at before `now`: it is reported late, and judged by what was then */
  use(account: string, units: bigint, now: number, at = now): Answer {
    const person = this.#people.get(account);
    if (person === undefined) return refused('not_found');
    const late = at < now;
    const { status } = late ? personAt(person, at) : person;
    if (status !== 'active') return refused('account_frozen', status);
    const room = WINDOW_KINDS.every(
      (kind) => this.windows.usedOf(account, kind, at, late) + units <= this.#limit(kind),
    );
    if (!room) return refused('limit_reached', 'credits_off');
    this.windows.use(account, units, at, late);
    return { value: this.#view(this.windows.of(account), now) };
  }

  redeem({ account_id, request_id, reset_id, dry_run }: Omit<RedeemRequest, 'at'>, now: number): Answer {
    const done =
      this.#redemptions.find((r) => r.account === account_id && r.requestId === request_id) ??
      this.#redemptions.find((r) => r.account === account_id && r.reset.id === reset_id);
    if (done !== undefined) {
      const { before, at, moved, reset } = done;
      return this.#answer('already_redeemed', before, at, moved, reset, at);
    }
    const person = this.#people.get(account_id);
    if (person === undefined) return refused('not_found');
    if (person.status !== 'active') return refused('account_frozen', person.status);
    const begun = this.windows.begunBy(account_id, now);
    const reset = this.available(account_id, begun).find(
      ({ id }) => reset_id === undefined || id === reset_id,
    );
    // By a clock that lags behind: no sooner than what it acts on had begun.
    const at = Math.max(begun, reset?.grantedAt ?? begun);
    const before = this.windows.of(account_id);
    const moved = this.#moves(before, at);
    if (reset === undefined) return this.#answer('no_credit', before, at, moved, undefined, null);
    const nothing = WINDOW_KINDS.every((kind) => windowAt(kind, before[kind], at).used === 0n);
    if (nothing) return this.#answer('nothing_to_reset', before, at, moved, undefined, null);
    if (dry_run !== true) this.#spend(reset, request_id, at);
    return this.#answer('reset', before, at, moved, reset, dry_run === true ? null : at);
  }

  /**
   * Of each account that has it switched on, the first reset at its last moment, where something is used; one that is
   * looked at too late as it was then.
   */
  redeemAtLastMoment(now: number): number {
    const due = this.resets
      .filter(({ status, expiresAt }) => status === 'available' && expiresAt <= now + LAST_MOMENT)
      .toSorted((a, b) => a.expiresAt - b.expiresAt);
    let redeemed = 0;
    for (const reset of due) {
      const late = reset.expiresAt <= now;
      const at = late ? reset.expiresAt - 1 : now;
      if (!this.#isToBeRedeemed(reset, at, late)) continue;
      const begun = late ? at : Math.max(this.windows.begunBy(reset.account, now), reset.grantedAt);
      if (begun >= reset.expiresAt || (!late && !this.hasUsed(reset.account, begun))) continue;
      this.#spend(reset, `boon:last-moment/${reset.id}`, begun, late);
      redeemed += 1;
    }
    return redeemed;
  }

  /** All that have expired, but for those that were to be redeemed just before: these are left to that. */
  expire(now: number): number {
    const due = this.resets.filter(
      (reset) =>
        reset.status === 'available' &&
        reset.expiresAt <= now &&
        !this.#isToBeRedeemed(reset, reset.expiresAt - 1, true),
    );
    for (const reset of due) reset.status = 'expired';
    return due.length;
  }

  #isToBeRedeemed({ account, grantedAt }: ModelReset, at: number, late: boolean): boolean {
    const person = this.#people.get(account);
    // In time it is what it is now, though a clock ahead has said so; the next run looks at what it was then.
    const then = late ? person && personAt(person, at) : person;
    const windows = late ? this.windows.at(account, at) : this.windows.of(account);
    // One that another clock opened waits for the next run.
    const used = WINDOW_KINDS.some((kind) => {
      const { used: some, startedAt } = windowAt(kind, windows[kind], at);
      return some > 0n && (late || Number(startedAt) <= at);
    });
    if (!used || (late && grantedAt > at)) return false;
    return then?.autoRedeem === true && then.status === 'active' && person?.status !== 'closed';
  }

  /** Those whose weekly window has ended by itself shortly after they were redeemed come back. */
  returnDue(now: number): number {
    const due = this.resets
      .filter(({ returnAt }) => returnAt !== null && returnAt <= now)
      .toSorted((a, b) => Number(a.returnAt) - Number(b.returnAt));
    for (const reset of due) this.#comeBack(reset, Number(reset.returnAt), now);
    return due.length;
  }

  /** Everybody's windows are restored: what was redeemed shortly before comes back, and what was redeemed by a clock ahead. */
  returnGlobally(account: string, now: number): void {
    const useless = this.#redemptions.filter(
      (r) => r.account === account && r.at + this.#rules.returnWithin >= now && !r.reset.goneOn,
    );
    const order = (r: Redemption) => this.resets.indexOf(r.reset);
    for (const { reset, at } of useless.toSorted((a, b) => order(a) - order(b)))
      this.#comeBack(reset, Math.max(at, now), now);
  }

  /** Takes back what is left of a referral's reward, out of open gifts too. What comes back of it later is taken then. */
  revoke(account: string, referral: string, now: number): void {
    this.#takenBack.push({ account, referral });
    const given = this.resets.filter((reset) => reset.account === account && reset.status === 'held');
    for (const reset of [...this.available(account, now), ...given]) {
      if (!this.#isRewardOf(reset, referral)) continue;
      if (reset.status === 'held') this.onTakenOutOfGift(reset);
      reset.status = 'revoked';
    }
  }

  /** How many of a referral's reward were taken back. */
  revokedOf(account: string, referral: string): number {
    return this.resets.filter(
      (reset) => reset.account === account && reset.status === 'revoked' && this.#isRewardOf(reset, referral),
    ).length;
  }

  #isRewardOf(reset: ModelReset, referral: string): boolean {
    const { source, reference } = this.#origin(reset);
    return source === 'referral' && reference === referral;
  }

  hasUsed(account: string, now: number): boolean {
    const stored = this.windows.of(account);
    return WINDOW_KINDS.some((kind) => windowAt(kind, stored[kind], now).used > 0n);
  }

  /** Everybody's windows are restored at a moment. */
  restore(account: string, now: number): void {
    this.#restored.push({ account, at: now });
    this.windows.restore(account, now, this.#rules.movesWeeklyDate);
  }

  /** The soonest to expire first. */
  available(account: string, now: number): ModelReset[] {
    return this.resets
      .filter((r) => r.account === account && r.status === 'available' && r.expiresAt > now)
      .toSorted((a, b) => a.expiresAt - b.expiresAt);
  }

  #spend(reset: ModelReset, requestId: string, at: number, late = false): void {
    const { account } = reset;
    const before = late ? this.windows.at(account, at) : this.windows.of(account);
    const moved = this.#moves(before, at);
    const { startedAt } = windowAt('weekly', before.weekly, at);
    const end = startedAt === null || moved ? Infinity : startedAt + WINDOW_LENGTH_MS.weekly;
    // One that is redeemed late may be of no use for what came since.
    const since = this.#restored.filter((r) => late && r.account === account && r.at >= at).map((r) => r.at);
    const useless = Math.min(end, ...since);
    reset.status = 'redeemed';
    reset.redeemedAt = at;
    reset.returnAt = useless <= at + this.#rules.returnWithin ? useless : null;
    const told = late ? this.windows.at(account, at, { told: true }) : before;
    this.#redemptions.push({ account, requestId, reset, at, before: told, moved });
    if (late) this.windows.restoreAt(account, at, this.#rules.movesWeeklyDate);
    else this.windows.restore(account, at, this.#rules.movesWeeklyDate);
  }

  /** @param posted when it can be had again, which may be later than `at`. */
  #comeBack(reset: ModelReset, at: number, posted = at): void {
    reset.returnAt = null;
    reset.goneOn = true;
    const expiresAt = Math.max(reset.expiresAt, Math.max(at, posted) + this.#rules.returnWithin);
    const { account } = reset;
    const taken = this.#takenBack.some(
      (one) => one.account === account && this.#isRewardOf(reset, one.referral),
    );
    this.add({ account, source: 'return', reference: reset.id, grantedAt: at, expiresAt });
    if (taken) (this.resets.at(-1) as ModelReset).status = 'revoked';
  }

  #moves(stored: Windows, at: number): boolean {
    return this.#rules.movesWeeklyDate && windowAt('weekly', stored.weekly, at).startedAt !== null;
  }

  #limit(kind: WindowKind): bigint {
    return kind === 'weekly' ? this.#rules.weekly : this.#rules.fiveHour;
  }

  #answer(
    outcome: string,
    stored: Windows,
    at: number,
    moved: boolean,
    reset: ModelReset | undefined,
    redeemedAt: number | null,
  ): Answer {
    const before = this.#view(stored, at);
    const restored = (kind: WindowKind) => restoredWindow(kind, stored[kind], at, moved);
    const after = reset === undefined ? before : this.#viewOf(restored);
    const redeemed_at = redeemedAt === null ? null : new Date(redeemedAt).toISOString();
    return { value: { outcome, before, after, reset_id: reset?.id ?? null, redeemed_at } };
  }

  #view(stored: Windows, at: number) {
    return this.#viewOf((kind) => windowAt(kind, stored[kind], at));
  }

  #viewOf(windowOf: (kind: WindowKind) => UsageWindow) {
    const view = (kind: WindowKind) => {
      const { used, startedAt, resetsAt } = windowOf(kind);
      return {
        used: formatCredits(used),
        limit: formatCredits(this.#limit(kind)),
        started_at: startedAt === null ? null : new Date(startedAt).toISOString(),
        resets_at: resetsAt === null ? null : new Date(resetsAt).toISOString(),
      };
    };
    return { five_hour: view('five_hour'), weekly: view('weekly') };
  }
}
