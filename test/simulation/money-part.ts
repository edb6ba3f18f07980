/**
 * Purchases, refunds, disputes, top-ups, invoices, with gifts, uses and resets of the same people in between. What it
 * knows beforehand is that money and value agree; every other answer is a matter of rules that the other parts have models of.
 */
import { expect } from 'vitest';
import type { AccountPut } from '../../src/contracts/accounts/account.schema.ts';
import { BoonError } from '../../src/contracts/errors.ts';
import type { Gift } from '../../src/contracts/gifts/gift.ts';
import type { Purchase } from '../../src/contracts/purchases/purchase.ts';
import type { Refund } from '../../src/contracts/purchases/refund.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { AskedRefund } from '../../src/ledger/purchases/refunds.ts';
import { act, give, grant } from '../support/gifts.ts';
import { bought, buy, hear, newPurchaseId, paidFor } from '../support/purchases.ts';
import { hearOfRefund, refundOf } from '../support/refunds.ts';
import { redeem } from '../support/resets.ts';
import { newKey, seedAccount } from '../support/test-ledger.ts';
import { charge } from '../support/usage.ts';
import { expectMoneyAgrees } from './money-agrees.ts';
import type { MoneyCommand } from './money-commands.ts';
import type { Part, Turn } from './part.ts';
import { Provider } from './provider.ts';
import type { World } from './world.ts';

type Of<Do extends MoneyCommand['do']> = Extract<MoneyCommand, { do: Do }>;
type Now = { ledger: Ledger; at: string; now: number };

/** People, an organisation that is invoiced, its members. */
const IDS = ['mona', 'milo', 'max', 'mint', 'mia', 'moe'];
const FIRM = 'mint';
const COHORT = 'money';
const ALL = 10_000;
/** More than any two clocks are. */
const APART_MS = 5_000;

export class MoneyPart implements Part {
  readonly #world: World;
  readonly #purchases: Purchase[] = [];
  readonly #gifts: Gift[] = [];
  readonly #refunds: Refund[] = [];
  readonly #refused: { asked: AskedRefund; code: string }[] = [];
  readonly #invoices: string[] = [];
  readonly #provider = new Provider();
  readonly #puts = new Map<string, Partial<AccountPut>>();
  #serial = 0;

  private constructor(world: World) {
    this.#world = world;
  }

  static async begin(world: World, ledger: Ledger): Promise<MoneyPart> {
    const common: Partial<AccountPut> = { plan: 'edu', cohorts: [COHORT], billing_day: 1 };
    await seedAccount(ledger, FIRM, { put: { ...common, kind: 'organisation', billing: 'invoice' } });
    for (const id of IDS)
      if (id !== FIRM)
        await seedAccount(ledger, id, {
          put: { ...common, ...(id === 'mia' || id === 'moe' ? { org_id: FIRM } : {}) },
        });
    return new MoneyPart(world);
  }

  async perform(command: MoneyCommand, { ledger, now, thorough = true }: Turn): Promise<number> {
    try {
      await this.#do(command, { ledger, at: new Date(now).toISOString(), now });
    } catch (error) {
      // A rule refused it. Which ones may, the other parts have models of.
      const isRule =
        error instanceof BoonError && error.status < 500 && error.code !== 'idempotency_mismatch';
      if (!isRule) throw error;
    }
    if (thorough) await this.check(now);
    return command.do === 'wait' ? now + command.ms : now;
  }

  swept(): void {
    // Nothing of it was foretold.
  }

  async check(now: number): Promise<void> {
    await this.#agrees(new Date(now + APART_MS).toISOString());
  }

  async settle({ ledger, now }: Turn): Promise<void> {
    const turn = { ledger, now, at: new Date(now).toISOString() };
    for (const [id, { status }] of this.#puts)
      if (status !== undefined && status !== 'active') await this.#put(id, { status: 'active' }, turn);
    for (const id of IDS) await ledger.putTopUp(id, null, 'owner', turn.at).catch(ruled);
    for (const purchase of (await ledger.openPurchases('9999-01-01T00:00:00Z', { limit: ALL })).data)
      await hear(ledger, purchase, { said: 'expired', at: turn.at });
    for (const refund of (await ledger.pendingRefunds('9999-01-01T00:00:00Z', { limit: ALL })).data)
      await this.#answer(refund, 'succeeded', turn);
    await this.#advance(turn);
    await this.#months(turn);
    for (const id of IDS) await this.#withinCap(ledger, id, turn.at);
    await this.#agrees(turn.at);
  }

  async #agrees(at: string): Promise<void> {
    await expectMoneyAgrees(this.#world, IDS, this.#provider.back(), at);
  }

  async #do(command: MoneyCommand, turn: Now): Promise<unknown> {
    const { ledger, at, now } = turn;
    switch (command.do) {
      case 'buy': {
        const more = { at, save_card: true };
        const make = command.pays === 'later' ? buy : bought;
        return this.#purchases.push(await make(ledger, nameOf(command.who), command.package, more));
      }
      case 'news':
        return this.#about(command, (purchase) =>
          hear(ledger, purchase, { said: command.said, at } as never),
        );
      case 'mispaid':
        return this.#mispaid(command, turn);
      case 'refunded':
        return this.#about(command, (purchase) => this.#refunded(command, purchase, turn));
      case 'dispute':
        return this.#about(command, (purchase) => this.#disputed(command, purchase, turn));
      case 'ask':
        return this.#about(command, (purchase) => this.#ask(command, purchase, turn));
      case 'ask again':
        return this.#askAgain(command, turn);
      case 'answer': {
        const refund = pick(this.#refunds, command.which);
        return refund === undefined ? undefined : this.#answer(refund, command.status, turn);
      }
      case 'correct':
        return this.#about(command, ({ id, price }) => {
          const refunded = Math.min(command.share, price.amount);
          this.#provider.forget(id);
          const key = newKey('correct');
          return ledger.correctRefunded({ key, at, id, refunded, reason: 'seen there', said_by: 'op' });
        });
      case 'consent': {
        const consent = {
          package: 'odd',
          below: '500',
          monthly_cap: { amount: 700, currency: 'usd' },
        } as const;
        const put = command.on ? { ...consent, consent: true as const } : null;
        return ledger.putTopUp(nameOf(command.who), put, 'owner', at);
      }
      case 'top up':
        return this.#topUps(turn, command.paid ? 'paid' : 'failed');
      case 'top ups':
        return this.#topUps(turn, undefined);
      case 'grant': {
        const expires_at =
          command.days === null ? null : new Date(now + command.days * 86_400_000).toISOString();
        return grant(ledger, nameOf(command.who), `${command.amount}`, { at, expires_at });
      }
      case 'give': {
        const to = nameOf(command.who + 1 + command.to);
        const recipient = command.mail ? `${to}@example.com` : to;
        return this.#gifts.push(
          await give(ledger, nameOf(command.who), recipient, { amount: `${command.amount}`, at }),
        );
      }
      case 'give reset': {
        const { data: resets } = await ledger.listResets(nameOf(command.who), at);
        const reset = pick(
          resets.filter(({ status }) => status === 'available'),
          command.which,
        );
        if (reset === undefined) return undefined;
        const to = nameOf(command.who + 1 + command.to);
        return this.#gifts.push(
          await give(ledger, nameOf(command.who), to, { amount: '0', reset_id: reset.id, at }),
        );
      }
      case 'act': {
        const gift = pick(this.#gifts, command.which);
        return gift === undefined ? undefined : act(ledger, gift, command.action as 'cancel', at);
      }
      case 'claim': {
        const gift = pick(
          this.#gifts.filter((one) => one.by_email),
          command.which,
        );
        if (gift === undefined) return undefined;
        const { token } = await ledger.giftAddress(gift.id);
        const account_id = nameOf(command.who);
        return act(ledger, gift, 'claim', at, { token, account_id, reason: undefined });
      }
      case 'use':
        return charge(ledger, nameOf(command.who), {
          units: `${command.units}`,
          at: new Date(now - command.late).toISOString(),
          now: at,
        });
      case 'redeem':
        return redeem(ledger, nameOf(command.who), { at });
      case 'status':
        return this.#put(nameOf(command.who), { status: command.status as 'active' }, turn);
      case 'change':
        return this.#put(nameOf(command.who), changeOf(command), turn);
      case 'campaign':
        return this.#campaign(command, turn);
      case 'months':
        return this.#months(turn);
      case 'invoice':
        return this.#invoice(command, turn);
      case 'advance':
        return this.#advance(turn);
      case 'wait':
        return undefined;
    }
  }

  #about(
    { which }: { which: number },
    tell: (purchase: Purchase) => Promise<unknown> | unknown,
  ): Promise<unknown> | unknown {
    // Mostly one of the last.
    const purchase =
      which < 0 || which % 4 === 0 ? pick(this.#purchases, which) : pick(this.#purchases.slice(-3), which);
    return purchase === undefined ? undefined : tell(purchase);
  }

  /** The provider gives back on its own, and tells of it by the sum, by the refund, or by both. */
  async #refunded({ which, share }: Of<'refunded'>, { id, price }: Purchase, turn: Now): Promise<void> {
    const { ledger, at, now } = turn;
    const left = price.amount - this.#provider.total(id);
    if (left === 0 || (await ledger.findPurchase(id)).paid_at === null) return;
    const made_at = this.#provider.moment(now);
    const { id: provider_id, amount } = this.#provider.refund(id, Math.min(left, share), made_at);
    const said = { purchase_id: id, provider_id, amount, made_at, at };
    if (which % 3 !== 0)
      await ledger.hearOfRefund({ ...said, status: 'succeeded', said_at: this.#provider.moment(now) });
    if (which % 3 !== 1) {
      const sum = { amount: this.#provider.total(id), said_at: this.#provider.moment(now), at };
      await hear(ledger, { id }, { said: 'refunded', ...sum });
    }
  }

  async #disputed({ which, share, status }: Of<'dispute'>, purchase: Purchase, turn: Now): Promise<void> {
    const { ledger, at, now } = turn;
    const dispute_id = `dp_${purchase.id}_${Math.abs(which % 2)}`;
    const amount = Math.min(share, purchase.price.amount);
    if (!this.#provider.dispute(purchase.id, dispute_id, amount, status)) return;
    const said_at = this.#provider.moment(now);
    await hear(ledger, purchase, {
      said: 'disputed',
      dispute_id,
      amount,
      status: status as 'won',
      said_at,
      at,
    });
  }

  /** The provider makes it at once; what comes of it is reported later. */
  async #ask({ share, spent }: Of<'ask'>, { id, price }: Purchase, { ledger, at, now }: Now): Promise<void> {
    const asked = refundOf({ id }, { amount: Math.min(share, price.amount), include_spent: spent, at });
    const refund = await ledger.beginRefund(asked).then(({ value }) => value, refusalOf);
    if (refund instanceof BoonError) {
      this.#refused.push({ asked, code: refund.code });
      return;
    }
    this.#refunds.push(refund);
    this.#provider.refund(id, refund.amount.amount, this.#provider.moment(now), `re_${refund.id}`);
  }

  /** What was refused is not made when it is asked for again, whatever happened to the money since. */
  async #askAgain({ which }: Of<'ask again'>, { ledger, at }: Now): Promise<void> {
    const refused = pick(this.#refused, which);
    if (refused === undefined) return;
    const { asked, code } = refused;
    const again = await ledger.beginRefund({ ...asked, at }).then(() => 'made', refusalOf);
    expect(again).toMatchObject({ code });
  }

  async #answer(refund: Refund, status: string, { ledger, at, now }: Now): Promise<void> {
    const there = this.#provider.find(refund.purchase_id, `re_${refund.id}`);
    if (there === undefined || there.failed) return;
    there.failed = status === 'failed';
    const said = { made_at: there.made_at, said_at: this.#provider.moment(now), at };
    await hearOfRefund(ledger, refund, status as 'failed', said);
  }

  /** A payment that does not fit moves nothing, and somebody is told. */
  async #mispaid({ which, fault }: Of<'mispaid'>, { ledger, at }: Now): Promise<void> {
    const purchase = await buy(ledger, nameOf(which), 'odd', { at });
    this.#purchases.push(purchase);
    const fits = await paidFor(ledger, purchase.id, {
      said: 'paid',
      at,
      payment_id: `pi_odd_${++this.#serial}`,
    });
    const odd = {
      amount: { amount: 1 },
      currency: { currency: 'eur' },
      mode: { live: false, key_live: true },
      page: { checkout_id: 'cs_other' },
      unsaid: { amount: null },
    }[fault as 'amount'];
    const heard = await ledger.hearOfPayment({ ...fits, ...odd });
    expect({ fault, status: heard?.purchase.status, hasCase: heard?.case != null }).toEqual({
      fault,
      status: 'open',
      hasCase: true,
    });
  }

  async #topUps({ ledger, at }: Now, said: 'paid' | 'failed' | undefined): Promise<void> {
    const due = (await ledger.dueTopUps(at, ALL)).filter((id) => IDS.includes(id));
    for (const id of due) {
      const purchase = await ledger.beginTopUp(id, newPurchaseId(), at);
      if (purchase === undefined) continue;
      this.#purchases.push(purchase);
      if (said !== undefined)
        await hear(ledger, purchase, { said, at, payment_id: `pi_${purchase.id}` } as never);
    }
    for (const id of due) await this.#withinCap(ledger, id, at);
  }

  /** What its top-ups of the month have cost counts, whatever happened to the money, and never more than was agreed to. */
  async #withinCap(ledger: Ledger, id: string, at: string): Promise<void> {
    const { starts_at, ends_at } = (await ledger.showAccount(id, at)).account.billing_month;
    const [row] = await this.#world.read<{ cost: string }>(
      'top-ups of a month',
      `SELECT coalesce(sum(price), 0)::text AS cost FROM boon.purchases WHERE account_id = $1 AND kind = 'top_up'
         AND status NOT IN ('failed', 'expired') AND created_at >= $2 AND created_at < $3`,
      [id, starts_at, ends_at],
    );
    const { spent, monthly_cap } = await ledger.topUp(id, at);
    if (spent !== null) expect({ id, spent: spent.amount }).toEqual({ id, spent: Number(row?.cost) });
    if (monthly_cap !== null) expect(spent?.amount).toBeLessThanOrEqual(monthly_cap.amount);
  }

  async #put(id: string, change: Partial<AccountPut>, { ledger, at }: Now): Promise<void> {
    const put = { ...this.#puts.get(id), ...change };
    await ledger.putAccount(id, { plan: 'edu', ...put }, at);
    this.#puts.set(id, put);
  }

  async #campaign({ kind }: Of<'campaign'>, { ledger, at }: Now): Promise<void> {
    const id = `money-${++this.#serial}`;
    const common = { key: newKey('campaign'), at, id, filter: { cohorts: [COHORT] }, reason: 'so' };
    if (kind === 'credits')
      await ledger.createCampaign({ ...common, kind: 'grant_credits', amount: '7', valid_for: 'P20D' });
    else if (kind === 'resets') await ledger.createCampaign({ ...common, kind: 'grant_reset', resets: 1 });
    else await ledger.createCampaign({ ...common, kind: 'reset_windows' });
    while ((await ledger.runCampaignPage(id, 20, at)).status === 'running');
    expect(await ledger.campaignFaults(id)).toEqual([]);
  }

  /** Closes what has ended, and tells of it. */
  async #months({ ledger, at }: Now): Promise<void> {
    const { data } = await ledger.unfinishedBillingMonths({ limit: ALL });
    for (const month of data.filter(({ ends_at }) => ends_at <= at)) {
      const { id } = await ledger.closeBillingMonth(month, at);
      await ledger.noteInvoiceNotice(id, 'mail_off', at);
      if (!this.#invoices.includes(id)) this.#invoices.push(id);
    }
  }

  async #invoice({ which, what }: Of<'invoice'>, { ledger, at }: Now): Promise<unknown> {
    const id = pick(this.#invoices, which);
    if (id === undefined) return undefined;
    const said = { key: newKey('invoice'), at, id, said_by: 'op' };
    if (what === 'pay') return ledger.payInvoice({ ...said, reference: 'bank' });
    if (what === 'void') return ledger.correctInvoice({ ...said, kind: 'void', reason: 'wrong' });
    return ledger.correctInvoice({ ...said, kind: 'credit', amount: 1 + (which % 50), reason: 'wrong' });
  }

  async #advance({ ledger, at, now }: Now): Promise<void> {
    const overdue = await ledger.overdueGifts(new Date(now + 1).toISOString(), ALL);
    const own = new Set(this.#gifts.map(({ id }) => id));
    const due = overdue.filter((id) => own.has(id));
    if (due.length > 0) await ledger.advanceGifts(due, at);
  }
}

function changeOf({ what, value }: Of<'change'>): Partial<AccountPut> {
  if (what === 'plan') return { plan: value % 2 === 0 ? 'go' : 'edu' };
  if (what === 'billing_day') return { billing_day: 1 + value };
  if (what === 'spending_limit') return { spending_limit: value % 3 === 0 ? null : String(value * 5) };
  return { use_credits: (['off', 'ask', 'auto', 'auto'] as const)[value % 4] };
}

function refusalOf(error: unknown): BoonError {
  if (error instanceof BoonError && error.status < 500) return error;
  throw error;
}

function ruled(error: unknown): void {
  if (!(error instanceof BoonError) || error.status >= 500) throw error;
}

function nameOf(index: number): string {
  return IDS[index % IDS.length] as string;
}

/** @param n from the end where it is negative */
function pick<T>(from: readonly T[], n: number): T | undefined {
  return n < 0 ? from.at(n) : from[n % Math.max(from.length, 1)];
}
