/** One account and perhaps its organisation, used in the ledger and in the model at once; every answer is compared. */
import { expect } from 'vitest';
import type { BoonError } from '../../src/contracts/errors.ts';
import { formatCredits } from '../../src/domain/credits.ts';
import { WINDOW_KINDS, windowAt } from '../../src/domain/usage-window.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { grant } from '../support/gifts.ts';
import { bank, redeem } from '../support/resets.ts';
import { seedAccount } from '../support/test-ledger.ts';
import { useRequest } from '../support/usage.ts';
import type { UsageCommand, UsagePlan } from './usage-commands.ts';
import { type ModelPurse, UsageModel } from './usage-model.ts';

const CREDIT = 1_000_000n;
const RATES: Record<string, bigint> = { codex: CREDIT, video: 2n * CREDIT, music: CREDIT };
const TERMS: Record<
  UsagePlan,
  { limits: { five_hour: bigint; weekly: bigint }; products: readonly string[] }
> = {
  enterprise: { limits: { five_hour: 10n * CREDIT, weekly: 25n * CREDIT }, products: ['codex', 'video'] },
  go: { limits: { five_hour: 4n * CREDIT, weekly: 30n * CREDIT }, products: ['codex'] },
};

/** The same terms as a policy says them. */
export const USAGE_POLICY = {
  plans: {
    enterprise: { five_hour: '10', weekly: '25', credits: ['codex', 'video'] },
    go: { five_hour: '4', weekly: '30', credits: ['codex'] },
  },
  rate_card: {
    codex: { default: [{ from: null, credits: '1' }], 'codex-mini': [{ from: null, credits: '0.25' }] },
    video: { default: [{ from: null, credits: '2' }] },
    music: { default: [{ from: null, credits: '1' }] },
  },
};

export class UsageRun {
  readonly #ledger: Ledger;
  readonly id: string;
  readonly #org: string;
  readonly #isMember: boolean;
  readonly #moves: boolean;
  readonly #model = new UsageModel(TERMS.enterprise.limits, TERMS.enterprise.products);

  private constructor(ledger: Ledger, id: string, org: string, isMember: boolean, moves: boolean) {
    this.#moves = moves;
    this.#ledger = ledger;
    this.id = id;
    this.#org = org;
    this.#isMember = isMember;
  }

  /**
   * Everything must happen within one billing month, so that no counter begins anew.
   * @param options.moves whether a reset moves the weekly date, by the policy
   */
  static async begin(
    ledger: Ledger,
    name: string,
    isMember: boolean,
    { at, moves = false }: { at?: string; moves?: boolean } = {},
  ): Promise<UsageRun> {
    const [id, org] = [`user-${name}`, `org-${name}`];
    const when = at === undefined ? {} : { at };
    const common = { plan: 'enterprise', billing_day: 1 } as const;
    await seedAccount(ledger, org, { put: { ...common, kind: 'organisation' }, ...when });
    await seedAccount(ledger, id, { put: { ...common, ...(isMember ? { org_id: org } : {}) }, ...when });
    return new UsageRun(ledger, id, org, isMember, moves);
  }

  /**
   * Does it at `now` to both. @throws AssertionError where ledger and model differ.
   * @param thorough whether the ledger is asked for more than its answer
   */
  async perform(one: UsageCommand, now: number, thorough = true): Promise<void> {
    const at = new Date(now).toISOString();
    switch (one.do) {
      case 'grant':
        await this.#grant(one, now);
        break;
      case 'put': {
        const { plan, use_credits, spending_limit, pool_limit } = one;
        const text = (limit: number | null) => (limit === null ? null : String(limit));
        const micro = (limit: number | null) => (limit === null ? null : BigInt(limit) * CREDIT);
        const put = { spending_limit: text(spending_limit), pool_limit: text(pool_limit) };
        await this.#ledger.putAccount(this.id, { plan, use_credits, ...put }, at);
        this.#model.states.push({
          since: Math.max(now, this.#model.states.at(-1)?.since ?? now),
          ...TERMS[plan],
          onCredits: use_credits,
          ownLimit: micro(spending_limit),
          // Whoever is no member has no limit as one.
          memberLimit: this.#isMember ? micro(pool_limit) : null,
        });
        break;
      }
      case 'redeem':
        await bank(this.#ledger, this.id, { at });
        if ((await redeem(this.#ledger, this.id, { at })).outcome === 'reset')
          this.#model.restore(now, this.#moves);
        break;
      case 'expire':
        await this.#ledger.expireLots(at, 1_000);
        this.expired(now);
        break;
      case 'use':
        await this.#use(one, now, thorough);
    }
    if (thorough) await this.#compare(now);
  }

  /** The expiry of lots is posted, whoever did it. */
  expired(now: number): void {
    this.#model.expire(now);
  }

  async #grant(one: Extract<UsageCommand, { do: 'grant' }>, now: number): Promise<void> {
    const purse: ModelPurse = one.toPool ? this.#model.pool : this.#model.own;
    const expiresAt = one.expires === null ? null : now + one.expires;
    const { source, products } = one;
    const lot = await grant(this.#ledger, one.toPool ? this.#org : this.id, String(one.credits), {
      at: new Date(now).toISOString(),
      source,
      expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
      products: products ?? undefined,
    });
    if (one.toPool && !this.#isMember) return;
    const left = BigInt(one.credits) * CREDIT;
    this.#model.grant(purse, { id: BigInt(lot.value.id), source, at: now, expiresAt, left, products });
  }

  async #use(one: Extract<UsageCommand, { do: 'use' }>, now: number, thorough: boolean): Promise<void> {
    const { product, agreed } = one;
    const at = now - one.late;
    const price = (BigInt(one.millionths) * (RATES[product] ?? 0n)) / CREDIT;
    const expected = this.#model.use({ product, price, at, now, agreed });
    const told = new Date(now).toISOString();
    const request = useRequest(this.id, {
      product,
      units: formatCredits(BigInt(one.millionths)),
      at: new Date(at).toISOString(),
      now: told,
      use_credits: agreed,
    });
    const answer = await this.#ledger.use(request).catch((error: BoonError) => error);
    if ('reason' in expected) {
      expect(answer).toMatchObject({ code: 'limit_reached', reasonCode: expected.reason });
      return;
    }
    const { plan, credits, slices } = expected;
    expect(answer).toMatchObject({
      replayed: false,
      value: {
        charged: { plan: formatCredits(plan), credits: formatCredits(credits) },
        available: formatCredits(this.#model.available(now)),
      },
    });
    if (!thorough) return;
    const [charged] = (await this.#ledger.listUsage(this.id, { limit: 1 })).data;
    expect(charged?.lots.map(({ lot_id, amount }) => [lot_id, amount])).toEqual(
      slices.map(({ lot, amount }) => [String(lot), formatCredits(amount)]),
    );
    const limits = await this.#ledger.limits(this.id, told);
    expect(limits).toMatchObject({
      windows: (answer as { value: { windows: object } }).value.windows,
      available: (answer as { value: { available: string } }).value.available,
    });
  }

  async #compare(now: number): Promise<void> {
    const { windows, available } = await this.#ledger.limits(this.id, new Date(now).toISOString());
    expect(available).toBe(formatCredits(this.#model.available(now)));
    for (const kind of WINDOW_KINDS) {
      const { used, startedAt } = windowAt(kind, this.#model.windows[kind].at(-1), now);
      expect(windows[kind]).toMatchObject({
        used: formatCredits(used),
        started_at: startedAt === null ? null : new Date(startedAt).toISOString(),
      });
    }
  }
}
