import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CREDIT_SWITCHES, PLANS } from '../../../src/domain/account.ts';
import { codexClient } from '../../support/codex-callers.ts';
import {
  ClientConsumed,
  ClientInviteEligibility,
  ClientResetCredits,
  ClientResetHistory,
  ClientUsage,
} from '../../support/codex-expectations.ts';
import { runs, SEED } from '../../support/effort.ts';
import { bank, use } from '../../support/resets.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({
    jwt: { trustUnsigned: true },
    policy: { plans: { enterprise: { five_hour: null, weekly: null }, edu: { five_hour: null } } },
  });
});
afterAll(() => server.close());

const amount = fc.constantFrom('0', '0.000001', '0.333333', '4.999999', '5', '24.9', '25', '149.5');

/** An account as it may stand: what is used of which plan, what it was moved to since, what else it has. */
const states = fc.record({
  plan: fc.constantFrom(...PLANS),
  uses: fc.array(fc.record({ amount, hoursAgo: fc.constantFrom(0, 1, 4.999, 5, 100, 168) }), {
    maxLength: 3,
  }),
  movedTo: fc.constantFrom(...PLANS),
  credits: fc.constantFrom(undefined, '0.000001', '12.345678', '999999999.999999'),
  use_credits: fc.constantFrom(...CREDIT_SWITCHES),
  spending_limit: fc.constantFrom(null, '0', '0.7', '1000'),
  resets: fc.array(fc.constantFrom(0, 29, 30, 31), { maxLength: 3 }),
  redeems: fc.integer({ min: 0, max: 2 }),
  status: fc.constantFrom('active' as const, 'active' as const, 'frozen' as const),
});
type State = typeof states extends fc.Arbitrary<infer T> ? T : never;

let serial = 0;
async function accountIn(state: State): Promise<string> {
  serial += 1;
  const id = `state-${serial}`;
  const { ledger } = server;
  const { credits, use_credits, spending_limit, plan } = state;
  await seedAccount(ledger, id, {
    put: { plan, use_credits, spending_limit },
    ...(credits === undefined ? {} : { credits }),
  });
  for (const days of state.resets) await bank(ledger, id, { at: later(START, { days: -days }) });
  for (const { amount, hoursAgo } of state.uses) {
    // What a plan does not cover is refused: the account stays as it is.
    if (amount !== '0')
      await use(ledger, id, amount, later(START, { hours: -hoursAgo })).catch(() => undefined);
  }
  await ledger.putAccount(id, { plan: state.movedTo, status: state.status }, START);
  return id;
}

test('in whatever state an account is, the real client can read every answer, and all of them agree', async () => {
  await fc.assert(
    fc.asyncProperty(states, async (state) => {
      const id = await accountIn(state);
      const client = codexClient(server, id);
      const get = async (call: string) => (await client.get(call)).json;
      const codes = [];
      for (let i = 0; i < state.redeems; i++) {
        const body = { redeem_request_id: `${id}-${i}` };
        const { status, json } = await client.post('rate-limit-reset-credits/consume', body);
        expect(status).toBe(200);
        codes.push(ClientConsumed.parse(json).code);
      }
      const usage = ClientUsage.parse(await get('usage'));
      const credits = ClientResetCredits.parse(await get('rate-limit-reset-credits'));
      const history = ClientResetHistory.parse(await get('rate-limit-reset-credits/history'));
      ClientInviteEligibility.parse(await get('referrals/invite/eligibility?program_id=codex-selective'));

      const limits = await server.ledger.limits(id, START);
      expect(usage.plan_type).toBe(state.movedTo);
      expect(usage.rate_limit_reset_credits?.available_count).toBe(limits.resets_available);
      expect(credits.available_count).toBe(limits.resets_available);
      expect(credits.credits.filter(({ status }) => status === 'available')).toHaveLength(
        limits.resets_available,
      );
      if (usage.credits !== null) expect(usage.credits.balance).toBe(limits.available);
      const { limit_reached, allowed, primary_window, secondary_window } = usage.rate_limit ?? {};
      expect(primary_window === null).toBe(limits.windows.five_hour.limit === null);
      expect(limit_reached).toBe(
        primary_window?.used_percent === 100 || secondary_window?.used_percent === 100,
      );
      expect(usage.rate_limit_reached_type === null).toBe(allowed);
      const used = history.events.filter(({ kind }) => kind === 'used').length;
      expect(used).toBe(codes.filter((code) => code === 'reset').length);
      expect(credits.credits.filter(({ status }) => status === 'redeemed')).toHaveLength(used);
    }),
    { numRuns: runs(30), seed: SEED },
  );
});
