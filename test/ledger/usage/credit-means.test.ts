import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AccountPut } from '../../../src/contracts/accounts/account.schema.ts';
import { BoonError } from '../../../src/contracts/errors.ts';
import { CREDIT_SWITCHES } from '../../../src/domain/account.ts';
import { runs, SEED } from '../../support/effort.ts';
import {
  later,
  newKey,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

let opened: TestLedger;
beforeAll(async () => {
  opened = await openTestLedger({
    plans: { pro: { five_hour: '0', weekly: '0' }, business: { five_hour: '0', weekly: '0' } },
  });
});
afterAll(() => opened.close());

const amounts = fc.constantFrom(null, '0', '0.5', '3', '40');

/** A plan that includes nothing; whatever pays is credits. */
const states = fc.record({
  own: amounts,
  lotOf: fc.constantFrom(undefined, ['codex'], ['video']),
  expired: fc.boolean(),
  plan: fc.constantFrom('pro', 'free'),
  use_credits: fc.constantFrom(...CREDIT_SWITCHES),
  spending_limit: amounts,
  pool: fc.option(
    fc.record({
      credits: amounts,
      limit: amounts,
      status: fc.constantFrom('active', 'active', 'frozen'),
      billing: fc.constantFrom('pool', 'invoice'),
      ceiling: amounts,
    }),
  ),
  status: fc.constantFrom('active', 'active', 'active', 'frozen'),
});

let serial = 0;
async function accountIn(state: ReturnType<typeof states.generate>['value']): Promise<string> {
  serial += 1;
  const [id, org] = [`member${serial}`, `org${serial}`];
  const { ledger } = opened;
  const { own, lotOf, expired, pool, plan, use_credits, spending_limit } = state;
  const put: AccountPut = { plan: plan === 'free' ? 'free' : 'pro', use_credits, spending_limit };
  await seedAccount(ledger, id, { put });
  const grants: [string, string | null][] = [[id, own]];
  if (pool !== null) {
    const { billing, ceiling: invoice_ceiling } = pool;
    await seedAccount(ledger, org, {
      put: { kind: 'organisation', plan: 'business', billing, invoice_ceiling },
    });
    await ledger.putAccount(id, { ...put, org_id: org, pool_limit: pool.limit }, START);
    grants.push([org, pool.credits]);
  }
  for (const [account_id, amount] of grants) {
    if (amount === null || amount === '0') continue;
    await ledger.grant({
      key: newKey('grant'),
      at: START,
      account_id,
      amount,
      source: 'purchased',
      expires_at: account_id === id && expired ? later(START, { hours: 1 }) : null,
      giftable: false,
      reason: 'test',
      ...(account_id === id && lotOf !== undefined ? { products: [...lotOf] } : {}),
    });
  }
  if (pool?.status === 'frozen') await ledger.putAccount(org, { plan: 'business', status: 'frozen' }, START);
  return id;
}

test('what credits could pay is exactly what a use is allowed, and why not is the reason it is refused with', async () => {
  const at = later(START, { hours: 2 });
  const { ledger } = opened;
  const attempt = (account_id: string, units: string) =>
    ledger
      .use({ account_id, product: 'codex', units, id: newKey('use'), at, now: at })
      .then(() => null)
      .catch((error: unknown) => {
        if (!(error instanceof BoonError)) throw error;
        return error.code === 'limit_reached' ? error.reasonCode : error.code;
      });
  await fc.assert(
    fc.asyncProperty(states, async (state) => {
      const id = await accountIn(state);
      // A free plan includes something: it is used up first.
      if (state.plan === 'free') expect(await attempt(id, '5')).toBeNull();
      await ledger.putAccount(
        id,
        { plan: state.plan === 'free' ? 'free' : 'pro', status: state.status as 'active' | 'frozen' },
        START,
      );
      const means = await ledger.creditMeans(id, 'codex', at);
      expect(means.member).toBe(state.pool?.status === 'active');
      if (means.refused !== null) {
        expect(await attempt(id, '0.000001')).toBe(means.refused);
        return;
      }
      if (means.unlimited) {
        for (let n = 0; n < 3; n++) expect(await attempt(id, '1000000000')).toBeNull();
        expect(await ledger.creditMeans(id, 'codex', at)).toMatchObject({ refused: null, unlimited: true });
        return;
      }
      expect(await attempt(id, (Number(means.payable) + 0.25).toString())).not.toBeNull();
      expect(await attempt(id, means.payable)).toBeNull();
      const after = await ledger.creditMeans(id, 'codex', at);
      expect(after.payable).toBe('0');
      expect(after.refused).toBe(await attempt(id, '0.000001'));
    }),
    { numRuns: runs(60), seed: SEED },
  );
});

test('a member and an organisation that have as much, and may spend none of it, lack no credits', async () => {
  const { ledger } = opened;
  await seedAccount(ledger, 'firm', { credits: '3', put: { kind: 'organisation', plan: 'business' } });
  const put = { plan: 'pro', org_id: 'firm', spending_limit: '0' } as const;
  await seedAccount(ledger, 'mia', { credits: '3', put: { ...put, pool_limit: '0' } });
  expect(await ledger.creditMeans('mia', 'codex', START)).toMatchObject({
    payable: '0',
    refused: 'member_limit',
  });
});

test('of an account that does not exist there are none', async () => {
  await expect(opened.ledger.creditMeans('nobody', 'codex', START)).rejects.toMatchObject({
    code: 'not_found',
  });
});
