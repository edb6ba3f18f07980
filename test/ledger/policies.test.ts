import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type NumberKind, SCREENING_RULE_NAMES, SCREENING_RULES } from '../../src/domain/screening-rules.ts';
import { act, claim, give, grant, refusal } from '../support/gifts.ts';
import {
  later,
  openTestLedger,
  type PolicyPatch,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
  await seedAccount(own.ledger, 'friend');
});
afterAll(() => own.close());

let people = 0;
async function sender(options: Parameters<typeof seedAccount>[2] = {}): Promise<string> {
  people += 1;
  await seedAccount(own.ledger, `sender-${people}`, { credits: '100', ...options });
  return `sender-${people}`;
}
const use = (gifts: PolicyPatch['gifts'] = {}) => own.ledger.usePolicy(policyWith({ gifts }), START);
const at = (by: Parameters<typeof later>[1]) => later(START, by);

test('a policy is kept with the verdict and the numbers of every screening rule', async () => {
  const { version, policy } = policyWith({ gifts: { screening: { circle: { verdict: 'deny' } } } });
  await own.ledger.usePolicy({ version, policy }, START);
  const [row] = await own.sql('SELECT to_jsonb(p) AS kept FROM boon.policies p WHERE version = $1', [
    version,
  ]);
  const kept = row?.kept as Record<string, unknown>;
  for (const rule of SCREENING_RULE_NAMES) {
    const { verdict, ...numbers } = policy.gifts.screening[rule];
    expect(kept[rule]).toBe(verdict);
    for (const [name, number] of Object.entries(numbers)) {
      const told = kept[`${rule}_${name}`];
      const { kind } = (SCREENING_RULES[rule].numbers as Record<string, { kind: NumberKind }>)[name] ?? {};
      if (kind === 'duration') {
        const [same] = await own.sql('SELECT $1::interval = $2::interval AS same', [told, number]);
        expect({ rule, name, same: same?.same }).toEqual({ rule, name, same: true });
      } else {
        expect({ rule, name, told }).toEqual({
          rule,
          name,
          told: kind === 'credits' ? Number(number) * 1_000_000 : number,
        });
      }
    }
  }
});

describe('a gift keeps the rules it was sent under', () => {
  test('its settlement period and its version', async () => {
    await use({ settlement: 'PT48H' });
    const slow = await give(own.ledger, await sender(), 'friend');
    expect(slow.policy_version).toBe(policyWith({ gifts: { settlement: 'PT48H' } }).version);
    await use({ settlement: 'PT1H' });
    const quick = await give(own.ledger, await sender(), 'friend');
    expect(quick.settles_at).toBe(at({ hours: 1 }));
    expect(await own.ledger.advanceGift(slow.id, at({ hours: 47 }))).toMatchObject({ status: 'pending' });
    expect(await own.ledger.advanceGift(slow.id, at({ hours: 48 }))).toMatchObject({ status: 'settled' });
  });

  test('how long gifted credits are good for, and whether they may be given on', async () => {
    for (const [id, months, regift] of [
      ['one', 1, true],
      ['six', 6, false],
    ] as const) {
      await seedAccount(own.ledger, id);
      await use({ gifted_credits_valid_for: `P${months}M`, regift });
      const gift = await give(own.ledger, await sender(), id);
      await use();
      await own.ledger.advanceGift(gift.id, at({ days: 1 }));
      expect((await own.ledger.balance(id, at({ days: 1 }))).lots).toMatchObject([
        {
          giftable: regift,
          expires_at: months === 1 ? '2026-04-11T12:00:00.000Z' : '2026-09-11T12:00:00.000Z',
        },
      ]);
    }
  });

  test('its screening at settlement, whatever is screened by now', async () => {
    const circle = (verdict: 'allow' | 'deny') => use({ screening: { circle: { verdict } } });
    const [from, back] = [await sender(), await sender()];
    await circle('allow');
    const open = await give(own.ledger, from, back);
    await circle('deny');
    const strict = await give(own.ledger, from, back);
    await circle('allow');
    await give(own.ledger, back, from);
    const ended = await own.ledger.advanceGifts([open.id, strict.id], at({ days: 1 }));
    expect(ended).toMatchObject([{ status: 'settled' }, { status: 'rejected', reason_code: 'circle' }]);
  });

  test('how long a hold may last', async () => {
    await use({ hold_at_most: 'P2D' });
    const gift = await give(own.ledger, await sender(), 'friend');
    await use();
    expect(await act(own.ledger, gift, 'hold', START)).toMatchObject({ hold_ends_at: at({ days: 2 }) });
  });

  test('the grace for credits that come back to an expired lot', async () => {
    await use({ returned_credits_valid_for: 'PT2H' });
    const from = await sender({ expires_at: at({ hours: 1 }) });
    const gift = await give(own.ledger, from, 'friend', { amount: '100' });
    await use();
    await act(own.ledger, gift, 'cancel', at({ hours: 3 }));
    expect((await own.ledger.balance(from, at({ hours: 3 }))).lots).toMatchObject([
      { expires_at: at({ hours: 5 }) },
    ]);
  });

  test('how long its link works, and whether its claimant must be new', async () => {
    await use({ claim_window: 'PT1H', recipient_must_be_new: true });
    const gift = await give(own.ledger, await sender(), 'somebody@example.com');
    await use();
    expect(gift.claim_expires_at).toBe(at({ hours: 1 }));
    await expect(claim(own.ledger, gift, 'friend', START)).rejects.toMatchObject(
      refusal('recipient_ineligible', 'recipient_not_new'),
    );
  });
});

describe('a calendar duration', () => {
  test.each([
    ['P1M', '2026-01-31T10:00:00.000Z', '2026-02-28T10:00:00.000Z'],
    ['P1M', '2028-01-31T10:00:00.000Z', '2028-02-29T10:00:00.000Z'],
    ['P12M', '2028-02-29T10:00:00.000Z', '2029-02-28T10:00:00.000Z'],
    ['P1Y', '2026-12-31T23:59:59.999Z', '2027-12-31T23:59:59.999Z'],
    ['P2W', '2026-03-22T00:00:00.000Z', '2026-04-05T00:00:00.000Z'],
    ['P1DT12H', '2026-03-28T13:00:00.000Z', '2026-03-30T01:00:00.000Z'],
  ])('%s from %s ends at %s, in UTC', async (duration, settled, expires) => {
    await use({ gifted_credits_valid_for: duration, settlement: 'PT0S' });
    const from = await sender({ at: '2026-01-01T00:00:00.000Z' });
    people += 1;
    const to = `recipient-${people}`;
    await seedAccount(own.ledger, to);
    const gift = await give(own.ledger, from, to, { at: settled });
    await own.ledger.advanceGift(gift.id, settled);
    expect((await own.ledger.balance(to, settled)).lots).toMatchObject([{ expires_at: expires }]);
  });
});

describe('using a policy', () => {
  test('twice under one version keeps what stood there first', async () => {
    const policy = policyWith({ gifts: { min: '3' } });
    await own.ledger.usePolicy(policy, START);
    await own.ledger.usePolicy({ ...policy, policy: policyWith({ gifts: { min: '4' } }).policy }, START);
    await expect(give(own.ledger, await sender(), 'friend', { amount: '2.999999' })).rejects.toMatchObject(
      refusal('gift_limit_exceeded', 'below_least'),
    );
    expect(await give(own.ledger, await sender(), 'friend', { amount: '3' })).toMatchObject({ amount: '3' });
  });

  test('keeps the whole document as it was validated', async () => {
    const { version, policy } = policyWith({ gifts: { max: '7.5' } });
    await own.ledger.usePolicy({ version, policy }, START);
    const rows = await own.sql('SELECT body FROM boon.policy_documents WHERE version = $1', [version]);
    expect(rows).toEqual([{ body: policy }]);
  });

  test('of eight processes that start at once is no fault', async () => {
    const policy = policyWith({ gifts: { min: '5' } });
    await Promise.all(Array.from({ length: 8 }, () => own.ledger.usePolicy(policy, START)));
    await grant(own.ledger, 'friend', '1');
    expect(
      await own.sql('SELECT count(*)::int FROM boon.policies WHERE version = $1', [policy.version]),
    ).toEqual([{ count: 1 }]);
  });
});
