/** A buyer with one purchase of 100 credits, what happens to it and what comes back, for the table of both. */
import type { Gift } from '../../src/contracts/gifts/gift.ts';
import type { Purchase } from '../../src/contracts/purchases/purchase.ts';
import type { Refund } from '../../src/contracts/purchases/refund.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { act, give, grant } from './gifts.ts';
import { bought, hear } from './purchases.ts';
import { askRefund, hearOfRefund } from './refunds.ts';
import { later, START, seedAccount } from './test-ledger.ts';
import { charge } from './usage.ts';

/** For a plan that includes one credit a week, so that uses of more are paid by credits. */
export const ONE_CREDIT_PLAN = {
  plans: { free: { five_hour: '1', weekly: '1', credits: ['codex'] } },
  gifts: { screening: { fan_in: { verdict: 'allow' as const }, velocity: { verdict: 'allow' as const } } },
};

let people = 0;
export async function person(ledger: Ledger): Promise<string> {
  people += 1;
  const id = `person-${people}`;
  await seedAccount(ledger, id, { put: { plan: 'free' } });
  return id;
}

export class Buyer {
  at = START;
  #gift: Gift | undefined;
  #refund: Refund | undefined;
  readonly #ledger: Ledger;
  readonly id: string;
  readonly friend: string;
  purchase: Purchase;

  private constructor(ledger: Ledger, id: string, friend: string, purchase: Purchase) {
    this.#ledger = ledger;
    this.id = id;
    this.friend = friend;
    this.purchase = purchase;
  }

  static async of(ledger: Ledger, owing = false): Promise<Buyer> {
    const id = await person(ledger);
    if (owing) await owe(ledger, id);
    return new Buyer(ledger, id, await person(ledger), await bought(ledger, id));
  }

  async does(step: string): Promise<void> {
    const [what = '', number = '100'] = step.split(' ');
    const doing = this.#steps[what];
    if (doing === undefined) throw new Error(`Nobody can do "${step}"`);
    await doing(Number(number));
  }

  async stands(): Promise<object> {
    const { available, held, debt } = await this.#ledger.balance(this.id, this.at);
    const { status, owed, taken_back } = await this.#ledger.findPurchase(this.purchase.id);
    return { available, held, debt, status, owed, taken: taken_back.credits };
  }

  async gift(): Promise<Gift> {
    if (this.#gift === undefined) throw new Error('Nothing was given');
    return await this.#ledger.findGift(this.#gift.id);
  }

  readonly #steps: Record<string, (number: number) => Promise<unknown>> = {
    wait: async () => undefined,
    spend: (credits) => spend(this.#ledger, this.id, credits, this.at),
    give: async (credits) => {
      this.#gift = await give(this.#ledger, this.id, this.friend, { amount: `${credits}`, at: this.at });
    },
    mail: async (credits) => {
      const to = `${this.friend}@example.com`;
      this.#gift = await give(this.#ledger, this.id, to, { amount: `${credits}`, at: this.at });
    },
    hold: async () => act(this.#ledger, await this.gift(), 'hold', this.at),
    settle: async () => {
      this.at = later(this.at, { days: 1 });
      await this.#ledger.advanceGift((await this.gift()).id, this.at);
    },
    lapse: async () => {
      this.at = later(this.at, { days: 14 });
      await this.#ledger.advanceGift((await this.gift()).id, this.at);
    },
    cancel: async () => act(this.#ledger, await this.gift(), 'cancel', this.at),
    reject: async () => act(this.#ledger, await this.gift(), 'reject', this.at),
    reverse: async () => act(this.#ledger, await this.gift(), 'reverse', this.at),
    expire: async () => {
      this.at = later(START, { days: 365 });
      await this.#ledger.expireLots(this.at, 1_000);
    },
    refunded: (amount) => this.#hears({ said: 'refunded', amount: amount * 4 }),
    disputed: (amount) => this.#hears({ ...this.#dispute, amount: amount * 4, status: 'open' }),
    won: () => this.#hears({ ...this.#dispute, amount: 400, status: 'won' }),
    lost: () => this.#hears({ ...this.#dispute, amount: 400, status: 'lost' }),
    ask: async (amount) => {
      const asked = { amount: amount * 4, include_spent: true, at: this.at };
      this.#refund = await askRefund(this.#ledger, this.purchase, asked);
    },
    succeeded: async () => this.#hearsOfRefund('succeeded'),
    failed: async () => this.#hearsOfRefund('failed'),
    buy: () => bought(this.#ledger, this.id, 'credits-100', { at: this.at }),
    grant: (credits) =>
      grant(this.#ledger, this.id, `${credits}`, { at: this.at, source: 'promotional', giftable: false }),
  };

  get #dispute() {
    return { said: 'disputed', dispute_id: `dp_${this.purchase.id}` } as const;
  }

  #hears(said: Parameters<typeof hear>[2]): Promise<Purchase> {
    return hear(this.#ledger, this.purchase, { ...said, at: this.at });
  }

  async #hearsOfRefund(status: 'succeeded' | 'failed'): Promise<void> {
    if (this.#refund === undefined) throw new Error('Nobody asked for a refund');
    await hearOfRefund(this.#ledger, this.#refund, status, { at: this.at });
  }
}

/** Uses so many credits beyond the plan. */
export async function spend(ledger: Ledger, account_id: string, credits: number, at = START): Promise<void> {
  const { weekly } = (await ledger.limits(account_id, at)).windows;
  await charge(ledger, account_id, {
    units: String(credits + Number(weekly.limit) - Number(weekly.used)),
    at,
  });
}

/** Puts an account in debt: so many credits of a purchase were spent when its money went back. */
export async function owe(ledger: Ledger, account_id: string, credits = 100): Promise<Purchase> {
  const purchase = await bought(ledger, account_id);
  await spend(ledger, account_id, credits);
  return await hear(ledger, purchase, { said: 'refunded', amount: 400, at: START });
}
