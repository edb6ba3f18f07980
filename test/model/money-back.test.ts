/**
 * Random mixes of purchases, gifts, uses, refunds, disputes and resets of one buyer. What must hold after each step: nobody
 * is refused but by a rule, nothing is stuck, the invariants, and that money and credits agree: what the buyer has, less what
 * is owed, and what has gone, is what was brought, less the share of the money that went back.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Gift } from '../../src/contracts/gifts/gift.ts';
import type { Purchase } from '../../src/contracts/purchases/purchase.ts';
import type { Refund } from '../../src/contracts/purchases/refund.ts';
import { effort } from '../support/effort.ts';
import { act, give, grant } from '../support/gifts.ts';
import { bought, hear } from '../support/purchases.ts';
import { askRefund, hearOfRefund } from '../support/refunds.ts';
import { redeem } from '../support/resets.ts';
import { later, openTestLedger, START, type TestLedger } from '../support/test-ledger.ts';
import { charge } from '../support/usage.ts';
import { ONE_CREDIT_PLAN, person } from '../support/value-back.ts';

const { parameters, timeout } = effort(10);
/** Refusals by a rule: what was to be had is not there, or has ended. */
const RULES =
  /insufficient_credits|not_giftable|already_|over_refund|not_settled|gift_limit|claim_|gift_held|not_held|limit_reached|no_credit/;

let own: TestLedger;
beforeAll(async () => {
  const limits = { per_day: { count: 1000, amount: '100000' }, per_month: { count: 1000, amount: '100000' } };
  own = await openTestLedger({
    ...ONE_CREDIT_PLAN,
    gifts: { ...ONE_CREDIT_PLAN.gifts, limits },
    packages: { odd: { credits: '100', price: { amount: 300, currency: 'usd' } } },
    resets: { complimentary_plans: [] },
  });
});
afterAll(() => own.close());

const which = fc.nat(1000);
const share = fc.constantFrom(1, 50, 100, 101, 199, 250, 300);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('buy' as const), reset: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('grant' as const), amount: fc.integer({ min: 1, max: 120 }) }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant('give' as const),
      amount: fc.integer({ min: 1, max: 150 }),
      mail: fc.boolean(),
      settles: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('give reset' as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('spend' as const), amount: fc.integer({ min: 1, max: 90 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('redeem' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('act' as const),
      action: fc.constantFrom(
        'cancel' as const,
        'reject' as const,
        'reverse' as const,
        'reverse' as const,
        'reverse' as const,
        'hold' as const,
        'release' as const,
      ),
      which,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      hours: fc.constantFrom(1, 1, 24, 24, 24, 24 * 14, 24 * 180),
      sweep: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('refunded' as const), which, share }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('dispute' as const),
      which,
      share,
      status: fc.constantFrom(
        'open' as const,
        'open' as const,
        'won' as const,
        'won' as const,
        'lost' as const,
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ask' as const), which, share, spent: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      which,
      status: fc.constantFrom('succeeded' as const, 'failed' as const, 'failed' as const),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One buyer; a step that nothing is there for does nothing. */
class Scene {
  #at = START;
  readonly #id: string;
  readonly #friend: string;
  readonly #purchases: Purchase[] = [];
  readonly #gifts: Gift[] = [];
  readonly #refunds: Refund[] = [];
  #refundedSoFar = new Map<string, number>();

  constructor(id: string, friend: string) {
    this.#id = id;
    this.#friend = friend;
  }

  async play(one: Step): Promise<void> {
    try {
      await this.#do(one);
    } catch (error) {
      if (!RULES.test(String((error as { code?: unknown }).code))) throw error;
    }
    await this.#agrees();
  }

  async #do(one: Step): Promise<unknown> {
    const ledger = own.ledger;
    const at = this.#at;
    const pick = <T>(from: readonly T[], n: number): T | undefined => from[n % Math.max(from.length, 1)];
    if (one.do === 'buy') {
      const name = one.reset === 0 ? 'reset-5' : one.reset === 1 ? 'credits-100' : 'odd';
      return this.#purchases.push(await bought(ledger, this.#id, name, { at }));
    }
    if (one.do === 'grant')
      return grant(ledger, this.#id, `${one.amount}`, { at, expires_at: later(at, { days: 20 }) });
    if (one.do === 'give') {
      const to = one.mail ? `${this.#friend}@example.com` : this.#friend;
      const gift = await give(ledger, this.#id, to, { amount: `${one.amount}`, at });
      if (one.settles && !one.mail) {
        this.#at = later(at, { days: 1 });
        await ledger.advanceGift(gift.id, this.#at);
      }
      return this.#gifts.push(gift);
    }
    if (one.do === 'give reset') {
      const { data: resets } = await ledger.listResets(this.#id, at);
      const reset = pick(
        resets.filter(({ status }) => status === 'available'),
        one.which,
      );
      if (reset === undefined) return undefined;
      return this.#gifts.push(
        await give(ledger, this.#id, this.#friend, { amount: '0', reset_id: reset.id, at }),
      );
    }
    if (one.do === 'spend') return charge(ledger, this.#id, { units: `${one.amount}`, at });
    if (one.do === 'redeem') return redeem(ledger, this.#id, { at });
    if (one.do === 'act') {
      const gift = pick(this.#gifts, one.which);
      return gift === undefined ? undefined : act(ledger, gift, one.action, at);
    }
    if (one.do === 'wait') {
      this.#at = later(at, { hours: one.hours });
      const open = this.#gifts.map(({ id }) => id);
      if (open.length > 0) await ledger.advanceGifts(open, this.#at);
      await ledger.returnDueResets(this.#at, 1_000);
      if (one.sweep) await ledger.expireLots(this.#at, 1_000);
      return one.sweep && ledger.expireResets(this.#at, 1_000);
    }
    if (one.do === 'answer') {
      const refund = pick(this.#refunds, one.which);
      return refund === undefined ? undefined : hearOfRefund(ledger, refund, one.status, { at });
    }
    const purchase = pick(this.#purchases, one.which);
    if (purchase === undefined) return undefined;
    if (one.do === 'refunded') {
      const before = this.#refundedSoFar.get(purchase.id) ?? 0;
      const amount = Math.min(purchase.price.amount, Math.max(before, one.share));
      this.#refundedSoFar.set(purchase.id, amount);
      return hear(ledger, purchase, { said: 'refunded', amount, at });
    }
    if (one.do === 'dispute') {
      const dispute = {
        dispute_id: `dp_${purchase.id}_${one.which % 2}`,
        amount: Math.min(one.share, purchase.price.amount),
      };
      return hear(ledger, purchase, { said: 'disputed', ...dispute, status: one.status, at });
    }
    const asked = { amount: Math.min(one.share, purchase.price.amount), include_spent: one.spent, at };
    return this.#refunds.push(await askRefund(ledger, purchase, asked));
  }

  async #agrees(): Promise<void> {
    const [row] = await own.sql(
      `SELECT a.credits_posted - a.debits_posted - coalesce((SELECT d.amount FROM boon.debts d WHERE d.account_id = a.id), 0)
         + coalesce((SELECT sum(t.amount) FROM boon.transfers t WHERE t.debit_account = a.id AND t.phase = 'posted' AND t.kind IN ('gift', 'usage', 'expiry')), 0)
         - coalesce((SELECT sum(t.amount) FROM boon.transfers t WHERE t.credit_account = a.id AND t.kind = 'reversal'), 0) AS has,
         coalesce((SELECT sum(t.amount) FROM boon.transfers t WHERE t.credit_account = a.id AND t.kind = 'grant'), 0)
         + coalesce((SELECT sum(p.credits - boon_code.share(p.credits, p.paid, boon_code.money_back(p)) + p.let_go) FROM boon.purchases p
                     WHERE p.account_id = a.id AND p.credits > 0), 0) AS was_brought
       FROM boon.ledger_accounts a WHERE a.id = $1`,
      [this.#id],
    );
    expect(row?.has).toBe(row?.was_brought);
  }
}

test(
  'whatever money goes and comes back in whatever order, credits follow it and nothing is stuck',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 120, size: 'max' }), async (steps) => {
        const scene = new Scene(await person(own.ledger), await person(own.ledger));
        for (const one of steps) await scene.play(one);
        expect((await own.ledger.verify()).violations).toEqual([]);
      }),
      parameters,
    );
  },
  timeout,
);
