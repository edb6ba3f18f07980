import { afterAll, beforeAll, expect, test } from 'vitest';
import { BoonError } from '../../../src/contracts/errors.ts';
import type { Usage } from '../../../src/contracts/usage/usage.schema.ts';
import { formatCredits, sumCredits } from '../../../src/domain/credits.ts';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { available, give, grant, outcomes } from '../../support/gifts.ts';
import { bank, redeem } from '../../support/resets.ts';
import {
  later,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';
import { charge, seedOrganisation, useRequest } from '../../support/usage.ts';

const AT_ONCE = 1_000;
const POLICY = {
  plans: { plus: { five_hour: '100', weekly: '700' }, business: { five_hour: '1', weekly: '7' } },
};

let own: TestLedger;
/** A second process on the same database. */
let other: TestLedger['ledger'];
beforeAll(async () => {
  own = await openTestLedger(POLICY);
  other = createPostgresLedger({
    url: own.url,
    encryptionKey: own.encryptionKey,
    policyVersion: policyWith(POLICY).version,
  });
});
afterAll(async () => {
  await other.close();
  await own.close();
});

/** So many uses at once, half of them through the other process. */
function atOnce(
  accountOf: (n: number) => string,
  units: string,
): Promise<{ values: Usage[]; errors: unknown[] }> {
  return outcomes(
    Array.from({ length: AT_ONCE }, (_, n) =>
      charge(n % 2 === 0 ? own.ledger : other, accountOf(n), { units }),
    ),
  );
}
const paid = (answers: Usage[], by: 'plan' | 'credits') =>
  sumCredits(answers.map(({ charged }) => charged[by]));
const reasons = (errors: unknown[]) => new Set(errors.map((error) => (error as BoonError).reasonCode));

test('a thousand uses at once against the last of a window take exactly what fits', async () => {
  await seedAccount(own.ledger, 'window');
  const { values, errors } = await atOnce(() => 'window', '0.3');
  expect([values.length, errors.length]).toEqual([333, 667]);
  expect(reasons(errors)).toEqual(new Set(['no_credits']));
  expect((await own.ledger.limits('window', START)).windows.five_hour.used).toBe('99.9');
}, 120_000);

test('a thousand uses at once against the last of a window and the last credits are split once and take exactly what fits', async () => {
  await seedAccount(own.ledger, 'both', { credits: '20' });
  await grant(own.ledger, 'both', '0.5', { source: 'promotional', expires_at: later(START, { days: 1 }) });
  const { values, errors } = await atOnce(() => 'both', '0.3');
  // 120.5 are there: 401 times 0.3, of which one is paid by both.
  expect([values.length, errors.length]).toEqual([401, 599]);
  expect(paid(values, 'plan')).toBe('100');
  expect(paid(values, 'credits')).toBe('20.3');
  expect(values.filter(({ charged }) => charged.plan !== '0' && charged.credits !== '0')).toHaveLength(1);
  expect(await available(own.ledger, 'both')).toBe('0.2');
}, 120_000);

test('fifty members at once share out the last of their organisation’s credits, none beyond their limit', async () => {
  const members = Array.from({ length: 50 }, (_, n) => `member-${n}`);
  await seedOrganisation(own.ledger, 'crowd', members);
  await grant(own.ledger, 'crowd', '60');
  await own.ledger.putAccount('member-0', { plan: 'business', pool_limit: '0.5' }, START);
  const { values } = await atOnce((n) => members[Math.floor(n / 2) % 50] ?? '', '0.25');
  expect(paid(values, 'plan')).toBe('50');
  expect(paid(values, 'credits')).toBe('60');
  const pool = await own.ledger.pool('crowd', START);
  expect([pool.available, pool.spent]).toEqual(['0', '60']);
  expect(sumCredits(pool.members.map(({ spent }) => spent))).toBe('60');
  expect(Number(pool.members.find(({ account_id }) => account_id === 'member-0')?.spent)).toBeLessThanOrEqual(
    0.5,
  );
}, 120_000);

test('a member’s limit that is lowered while it spends holds from then on', async () => {
  await seedOrganisation(own.ledger, 'lower', ['mel']);
  await grant(own.ledger, 'lower', '1000');
  await charge(own.ledger, 'mel', { units: '1' });
  const uses = outcomes(
    Array.from({ length: AT_ONCE }, async (_, n) => {
      if (n === 0) await own.ledger.putAccount('mel', { plan: 'business', pool_limit: '5' }, START);
      return charge(n % 2 === 0 ? own.ledger : other, 'mel');
    }),
  );
  const { values } = await uses;
  const spent = (await own.ledger.pool('lower', START)).spent;
  expect(paid(values, 'credits')).toBe(spent);
  await expect(charge(other, 'mel')).rejects.toMatchObject({ reasonCode: 'member_limit' });
  expect((await own.ledger.pool('lower', START)).spent).toBe(spent);
}, 120_000);

test('uses, gifts, resets and the organisation’s own uses at once do not wait for each other for ever', async () => {
  await seedOrganisation(own.ledger, 'busy', ['busy-a', 'busy-b'], {
    identity_verified_at: START,
    created_at: '2025-01-01T00:00:00.000Z',
  });
  await grant(own.ledger, 'busy', '500');
  await grant(own.ledger, 'busy-a', '100');
  await bank(own.ledger, 'busy-a', { count: 40 });
  const who = ['busy', 'busy-a', 'busy-b'] as const;
  const { errors } = await outcomes<unknown>(
    Array.from({ length: 300 }, (_, n) => {
      const ledger = n % 2 === 0 ? own.ledger : other;
      if (n % 10 === 8) return redeem(ledger, 'busy-a');
      if (n % 10 === 9) return give(ledger, 'busy', 'busy-a', { amount: '1' });
      return charge(ledger, who[n % 3] ?? 'busy', { units: formatCredits(BigInt(n + 1) * 10_000n) });
    }),
  );
  const unexpected = errors.filter(
    (error) =>
      !(error instanceof BoonError) ||
      !['limit_reached', 'gift_limit_exceeded', 'gift_denied'].includes(error.code),
  );
  expect(unexpected).toEqual([]);
}, 120_000);

test('the same use reported by two processes at once is charged once', async () => {
  await seedAccount(own.ledger, 'twice', { credits: '100' });
  for (let n = 0; n < 20; n++) {
    const use = useRequest('twice', { units: '1' });
    const answers = await Promise.all([
      own.ledger.use(use),
      other.use(use),
      own.ledger.use(use),
      other.use(use),
    ]);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(answers.map(({ value }) => JSON.stringify(value))).size).toBe(1);
  }
  expect((await own.ledger.limits('twice', START)).windows.five_hour.used).toBe('20');
});
