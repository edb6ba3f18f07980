/**
 * A plain model of usage: one account, maybe a member of an organisation, with all that it ever was, its windows and its
 * lots in memory.
 */
import { type BurnKey, compareBurnOrder, type LotSource } from '../../src/domain/lot.ts';
import {
  type StoredWindow,
  WINDOW_KINDS,
  WINDOW_LENGTH_MS,
  type WindowKind,
} from '../../src/domain/usage-window.ts';

/** `letGo`: its expiry has been posted, and only what was used before is still taken out of it. */
export type ModelLot = BurnKey & { left: bigint; products: string[] | null; letGo?: boolean };
export type ModelPurse = { lots: ModelLot[]; spent: bigint };
export type ModelUse = {
  product: string;
  price: bigint;
  at: number;
  now: number;
  agreed: boolean;
};
export type ModelAnswer =
  | { plan: bigint; credits: bigint; slices: { lot: bigint; amount: bigint }[] }
  | { reason: string };

/** What the account was from a moment on. */
export type ModelState = {
  since: number;
  limits: Record<WindowKind, bigint>;
  products: readonly string[];
  onCredits: 'off' | 'ask' | 'auto';
  ownLimit: bigint | null;
  memberLimit: bigint | null;
};
/** A window counts from `from` to before `until`. */
type Window = StoredWindow & { from: number; until: number; restored: boolean };

export class UsageModel {
  readonly states: ModelState[];
  readonly windows: Record<WindowKind, Window[]> = { five_hour: [], weekly: [] };
  readonly own: ModelPurse = { lots: [], spent: 0n };
  readonly pool: ModelPurse = { lots: [], spent: 0n };

  constructor(limits: Record<WindowKind, bigint>, products: readonly string[]) {
    const since = Number.NEGATIVE_INFINITY;
    this.states = [{ since, limits, products, onCredits: 'auto', ownLimit: null, memberLimit: null }];
  }

  grant(
    purse: ModelPurse,
    lot: {
      id: bigint;
      source: LotSource;
      at: number;
      expiresAt: number | null;
      left: bigint;
      products: string[] | null;
    },
  ): void {
    purse.lots.push({ ...lot, grantedAt: lot.at });
  }

  /** The latest windows end, and count anew; one that was not open does not open. By a clock that lags behind: no sooner than they began. */
  restore(now: number, movesWeeklyDate = false): void {
    const begun = WINDOW_KINDS.flatMap((kind) => {
      const last = this.windows[kind].at(-1);
      return last === undefined || last.startedAt + WINDOW_LENGTH_MS[kind] <= now
        ? []
        : [last.startedAt, last.from];
    });
    const at = Math.max(now, ...begun);
    for (const kind of WINDOW_KINDS) {
      const last = this.windows[kind].at(-1);
      if (last === undefined) continue;
      const open = at < last.until;
      const startedAt = open && (kind === 'five_hour' || movesWeeklyDate) ? at : last.startedAt;
      last.until = Math.max(last.from, Math.min(last.until, at));
      const until = startedAt + WINDOW_LENGTH_MS[kind];
      this.windows[kind].push({ startedAt, used: 0n, from: Math.max(at, last.from), until, restored: true });
    }
  }

  /** The window that a use counts in, which may begin with it. */
  #windowOf(kind: WindowKind, at: number, late: boolean): Window {
    const all = this.windows[kind];
    const length = WINDOW_LENGTH_MS[kind];
    const last = all.at(-1);
    const begun = { startedAt: at, used: 0n, from: at, until: at + length, restored: false };
    if (last === undefined) return begun;
    if (!late || at >= last.from) return last.startedAt + length <= at ? begun : last;
    const open = all.find(({ from, until }) => from <= at && at < until);
    if (open !== undefined) return open;
    const next = all.filter(({ from }) => from > at).toSorted((a, b) => a.from - b.from)[0] ?? last;
    return next.restored || at + length <= next.startedAt
      ? { ...begun, until: Math.min(begun.until, next.from) }
      : next;
  }

  use({ product, price, at, now, agreed }: ModelUse): ModelAnswer {
    const late = at < now;
    const state = this.states.findLast(({ since }) => !late || since <= at) as ModelState;
    const windows = WINDOW_KINDS.map((kind) => ({ kind, window: this.#windowOf(kind, at, late) }));
    const room = windows.map(({ kind, window }) => state.limits[kind] - window.used);
    const plan = least(price, ...room);
    const rest = price - plan;
    const slices: { lot: bigint; amount: bigint }[] = [];
    if (rest > 0n) {
      if (!state.products.includes(product)) return { reason: 'not_paid_by_credits' };
      if (state.onCredits === 'off') return { reason: 'credits_off' };
      const usable = (purse: ModelPurse) =>
        purse.lots
          .filter(
            (lot) =>
              lot.left > 0n &&
              (late || lot.letGo !== true) &&
              (lot.expiresAt === null || lot.expiresAt > at) &&
              (!late || lot.grantedAt <= at) &&
              (lot.products?.includes(product) ?? true),
          )
          .toSorted(compareBurnOrder);
      const sum = (lots: ModelLot[]) => lots.reduce((total, lot) => total + lot.left, 0n);
      const memberRoom = state.memberLimit === null ? rest : state.memberLimit - this.pool.spent;
      const fromPool = least(rest, memberRoom, sum(usable(this.pool)));
      const ownRoom = state.ownLimit === null ? rest : state.ownLimit - this.own.spent;
      const fromOwn = least(rest - fromPool, ownRoom, sum(usable(this.own)));
      if (fromPool + fromOwn < rest) {
        if (sum(usable(this.pool)) + sum(usable(this.own)) < rest) return { reason: 'no_credits' };
        return { reason: memberRoom < rest ? 'member_limit' : 'spending_limit' };
      }
      if (state.onCredits === 'ask' && !agreed) return { reason: 'credits_on_request' };
      for (const [purse, amount] of [
        [this.pool, fromPool],
        [this.own, fromOwn],
      ] as const) {
        purse.spent += amount;
        let left = amount;
        for (const lot of usable(purse)) {
          const taken = least(left, lot.left);
          if (taken === 0n) break;
          lot.left -= taken;
          left -= taken;
          slices.push({ lot: lot.id, amount: taken });
        }
      }
    }
    if (plan > 0n)
      for (const { kind, window } of windows) {
        const all = this.windows[kind];
        if (!all.includes(window)) {
          // One that begins in the past comes before those that began after it.
          const next = late ? all.findIndex(({ from }) => from > at) : -1;
          all.splice(next < 0 ? all.length : next, 0, window);
        }
        window.used += plan;
        if (late) window.from = Math.min(window.from, at);
      }
    return { plan, credits: rest, slices };
  }

  available(at: number): bigint {
    const lots = this.own.lots.filter(
      ({ letGo, expiresAt }) => !letGo && (expiresAt === null || expiresAt > at),
    );
    return lots.reduce((sum, { left }) => sum + left, 0n);
  }

  /** The expiry of lots is posted. */
  expire(at: number): void {
    for (const lot of [...this.own.lots, ...this.pool.lots])
      if (lot.expiresAt !== null && lot.expiresAt <= at) lot.letGo = true;
  }
}

/** The least of the amounts, and nothing below zero. */
function least(...amounts: bigint[]): bigint {
  let smallest = amounts[0] ?? 0n;
  for (const amount of amounts) if (amount < smallest) smallest = amount;
  return smallest < 0n ? 0n : smallest;
}
