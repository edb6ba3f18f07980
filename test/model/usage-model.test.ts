import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BoonError } from '../../src/contracts/errors.ts';
import { formatCredits } from '../../src/domain/credits.ts';
import { LOT_SOURCES } from '../../src/domain/lot.ts';
import { WINDOW_KINDS, windowAt } from '../../src/domain/usage-window.ts';
import { effort } from '../support/effort.ts';
import { grant } from '../support/gifts.ts';
import { bank, redeem } from '../support/resets.ts';
import { openTestLedger, seedAccount, type TestLedger } from '../support/test-ledger.ts';
import { useRequest } from '../support/usage.ts';
import { type ModelPurse, UsageModel } from './usage-model.ts';

const { parameters, timeout } = effort(40);
const CREDIT = 1_000_000n;
const HOUR = 3_600_000;

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({
    plans: {
      plus: { five_hour: '10', weekly: '25', credits: ['codex', 'video'] },
      go: { five_hour: '4', weekly: '30', credits: ['codex'] },
    },
    rate_card: {
      codex: { default: [{ from: null, credits: '1' }], 'codex-mini': [{ from: null, credits: '0.25' }] },
      video: { default: [{ from: null, credits: '2' }] },
      music: { default: [{ from: null, credits: '1' }] },
    },
  });
});
afterAll(() => own.close());

const TERMS = {
  plus: { limits: { five_hour: 10n * CREDIT, weekly: 25n * CREDIT }, products: ['codex', 'video'] },
  go: { limits: { five_hour: 4n * CREDIT, weekly: 30n * CREDIT }, products: ['codex'] },
};
const RATES: Record<string, bigint> = { codex: CREDIT, video: 2n * CREDIT, music: CREDIT };
const wait = fc.constantFrom(
  0,
  0,
  0,
  60_000,
  HOUR,
  5 * HOUR - 1,
  5 * HOUR,
  24 * HOUR,
  7 * 24 * HOUR - 1,
  7 * 24 * HOUR,
);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('use' as const),
      wait,
      product: fc.constantFrom('codex', 'codex', 'video', 'music'),
      millionths: fc.oneof(
        fc.integer({ min: 1, max: 12_000_000 }),
        fc.constantFrom(1, 5_000_000, 10_000_000),
      ),
      late: fc.constantFrom(0, 0, 0, 1, HOUR, HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR),
      agreed: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('grant' as const),
      wait,
      toPool: fc.boolean(),
      source: fc.constantFrom(...LOT_SOURCES),
      credits: fc.integer({ min: 1, max: 8 }),
      expires: fc.constantFrom(null, 1, HOUR, 24 * HOUR, 24 * HOUR, 30 * 24 * HOUR),
      products: fc.constantFrom<string[] | null>(null, null, ['codex'], ['video', 'music']),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      wait,
      plan: fc.constantFrom('plus', 'plus', 'go'),
      use_credits: fc.constantFrom('off', 'ask', 'auto', 'auto', 'auto'),
      spending_limit: fc.constantFrom(null, null, 0, 3, 20),
      pool_limit: fc.constantFrom(null, null, 0, 2, 20),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('redeem' as const), wait }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const), wait }) },
);

test(
  'usage is decided as a plain model decides it; the limits that are asked for agree with every answer',
  async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(step, { minLength: 1, maxLength: 25 }),
        async (isMember, steps) => {
          run += 1;
          const { ledger } = own;
          const [id, org] = [`user-${run}`, `org-${run}`];
          // Everything happens within one billing month, so that no counter begins anew.
          await seedAccount(ledger, org, { put: { kind: 'organisation', billing_day: 1 } });
          await seedAccount(ledger, id, { put: { billing_day: 1, ...(isMember ? { org_id: org } : {}) } });
          const model = new UsageModel(TERMS.plus.limits, TERMS.plus.products);
          let now = Date.parse('2026-03-01T12:00:00.000Z');
          for (const one of steps) {
            now = Math.min(now + one.wait, Date.parse('2026-03-31T00:00:00.000Z'));
            const at = new Date(now).toISOString();
            switch (one.do) {
              case 'grant': {
                const purse: ModelPurse = one.toPool ? model.pool : model.own;
                const expiresAt = one.expires === null ? null : now + one.expires;
                const lot = await grant(ledger, one.toPool ? org : id, String(one.credits), {
                  at,
                  source: one.source,
                  expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
                  products: one.products ?? undefined,
                });
                if (!one.toPool || isMember) {
                  const { source, products } = one;
                  model.grant(purse, {
                    id: BigInt(lot.value.id),
                    source,
                    at: now,
                    expiresAt,
                    left: BigInt(one.credits) * CREDIT,
                    products,
                  });
                }
                break;
              }
              case 'put': {
                const { plan, use_credits, spending_limit, pool_limit } = one;
                const text = (limit: number | null) => (limit === null ? null : String(limit));
                const micro = (limit: number | null) => (limit === null ? null : BigInt(limit) * CREDIT);
                await ledger.putAccount(
                  id,
                  {
                    plan,
                    use_credits,
                    spending_limit: text(spending_limit),
                    pool_limit: text(pool_limit),
                  },
                  at,
                );
                model.states.push({
                  since: now,
                  ...TERMS[plan],
                  onCredits: use_credits,
                  ownLimit: micro(spending_limit),
                  memberLimit: micro(pool_limit),
                });
                break;
              }
              case 'redeem': {
                await bank(ledger, id, { at });
                if ((await redeem(ledger, id, { at })).outcome === 'reset') model.restore(now);
                break;
              }
              case 'expire': {
                await ledger.expireLots(at, 1_000);
                break;
              }
              case 'use': {
                const usedAt = now - one.late;
                const price = (BigInt(one.millionths) * (RATES[one.product] ?? 0n)) / CREDIT;
                const expected = model.use({
                  product: one.product,
                  price,
                  at: usedAt,
                  now,
                  agreed: one.agreed,
                });
                const request = useRequest(id, {
                  product: one.product,
                  units: formatCredits(BigInt(one.millionths)),
                  at: new Date(usedAt).toISOString(),
                  now: at,
                  use_credits: one.agreed,
                });
                const answer = await ledger.use(request).catch((error: BoonError) => error);
                if ('reason' in expected) {
                  expect(answer).toMatchObject({ code: 'limit_reached', reasonCode: expected.reason });
                } else {
                  const { plan, credits, slices } = expected;
                  expect(answer).toMatchObject({
                    replayed: false,
                    value: {
                      charged: { plan: formatCredits(plan), credits: formatCredits(credits) },
                      balance: formatCredits(model.available(now)),
                    },
                  });
                  const [charged] = (await ledger.listUsage(id, { limit: 1 })).data;
                  expect(charged?.lots.map(({ lot_id, amount }) => [lot_id, amount])).toEqual(
                    slices.map(({ lot, amount }) => [String(lot), formatCredits(amount)]),
                  );
                  const limits = await ledger.limits(id, at);
                  expect(limits).toMatchObject({
                    windows: (answer as { value: { windows: object } }).value.windows,
                    credits: (answer as { value: { balance: string } }).value.balance,
                  });
                }
              }
            }
            const { windows, credits } = await ledger.limits(id, at);
            expect(credits).toBe(formatCredits(model.available(now)));
            for (const kind of WINDOW_KINDS) {
              const { used, startedAt } = windowAt(kind, model.windows[kind].at(-1), now);
              expect(windows[kind]).toMatchObject({
                used: formatCredits(used),
                started_at: startedAt === null ? null : new Date(startedAt).toISOString(),
              });
            }
          }
        },
      ),
      parameters,
    );
  },
  timeout,
);
