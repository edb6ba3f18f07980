/** A plain model of usage: one account, maybe a member of an organisation, with the windows, the lots and the limits in memory. */
import { type BurnKey, compareBurnOrder, type LotSource } from '../../src/domain/lot.ts';
import {
  type StoredWindow,
  usedWindow,
  WINDOW_KINDS,
  type WindowKind,
  windowAt,
} from '../../src/domain/usage-window.ts';

export type ModelLot = BurnKey & { left: bigint; products: string[] | null };
export type ModelPurse = { lots: ModelLot[]; spent: bigint; limit: bigint | null };
export type ModelUse = {
  product: string;
  price: bigint;
  at: number;
  agreed: boolean;
};
export type ModelAnswer =
  | { plan: bigint; credits: bigint; slices: { lot: bigint; amount: bigint }[] }
  | { reason: string };

export class UsageModel {
  /** Of the plan, which may change. */
  limits: Record<WindowKind, bigint>;
  products: readonly string[];
  readonly windows: Partial<Record<WindowKind, StoredWindow>> = {};
  readonly own: ModelPurse = { lots: [], spent: 0n, limit: null };
  readonly pool: ModelPurse = { lots: [], spent: 0n, limit: null };
  memberLimit: bigint | null = null;
  onCredits: 'off' | 'ask' | 'auto' = 'auto';

  constructor(limits: Record<WindowKind, bigint>, products: readonly string[]) {
    this.limits = limits;
    this.products = products;
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

  /** The latest window of each kind is full again, also for uses of its time that are told later. */
  restore(at: number): void {
    for (const kind of WINDOW_KINDS) {
      const stored = this.windows[kind];
      if (stored === undefined) continue;
      const isOpen = windowAt(kind, stored, at).startedAt !== null;
      this.windows[kind] = { used: 0n, startedAt: isOpen && kind === 'five_hour' ? at : stored.startedAt };
    }
  }

  use({ product, price, at, agreed }: ModelUse): ModelAnswer {
    const room = WINDOW_KINDS.map((kind) => this.limits[kind] - windowAt(kind, this.windows[kind], at).used);
    const plan = least(price, ...room);
    const rest = price - plan;
    const slices: { lot: bigint; amount: bigint }[] = [];
    if (rest > 0n) {
      if (!this.products.includes(product)) return { reason: 'not_paid_by_credits' };
      if (this.onCredits === 'off') return { reason: 'credits_off' };
      const usable = (purse: ModelPurse) =>
        purse.lots
          .filter(
            (lot) =>
              lot.left > 0n &&
              (lot.expiresAt === null || lot.expiresAt > at) &&
              (lot.products?.includes(product) ?? true),
          )
          .toSorted(compareBurnOrder);
      const sum = (lots: ModelLot[]) => lots.reduce((total, lot) => total + lot.left, 0n);
      const memberRoom = this.memberLimit === null ? rest : this.memberLimit - this.pool.spent;
      const fromPool = least(rest, memberRoom, sum(usable(this.pool)));
      const ownRoom = this.own.limit === null ? rest : this.own.limit - this.own.spent;
      const fromOwn = least(rest - fromPool, ownRoom, sum(usable(this.own)));
      if (fromPool + fromOwn < rest) {
        if (sum(usable(this.pool)) + sum(usable(this.own)) < rest) return { reason: 'no_credits' };
        return { reason: memberRoom < rest ? 'member_limit' : 'spending_limit' };
      }
      if (this.onCredits === 'ask' && !agreed) return { reason: 'credits_on_request' };
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
      for (const kind of WINDOW_KINDS) this.windows[kind] = usedWindow(kind, this.windows[kind], plan, at);
    return { plan, credits: rest, slices };
  }

  available(at: number): bigint {
    return this.own.lots.reduce(
      (sum, lot) => sum + (lot.expiresAt === null || lot.expiresAt > at ? lot.left : 0n),
      0n,
    );
  }
}

/** The least of the amounts, and nothing below zero. */
function least(...amounts: bigint[]): bigint {
  let smallest = amounts[0] ?? 0n;
  for (const amount of amounts) if (amount < smallest) smallest = amount;
  return smallest < 0n ? 0n : smallest;
}
