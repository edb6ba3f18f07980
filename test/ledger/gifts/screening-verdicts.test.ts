import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  SCREENING_RULE_NAMES as RULES,
  type ScreeningRule as Rule,
  type Verdict,
} from '../../../src/domain/screening-rules.ts';
import { openTestLedger, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

describe('of the rules that would catch a gift', () => {
  const VERDICTS = ['allow', 'hold', 'deny'] as const;
  type Facts = Partial<{
    amount: number;
    age: string;
    gifts: number;
    recipients: number;
    senders: number;
    back: boolean;
    shared: boolean;
  }>;
  /** The least by which each rule catches, and the most by which it does not. */
  const CAUGHT: Facts = {
    amount: 50,
    age: '29 days 23:59',
    gifts: 3,
    recipients: 3,
    senders: 3,
    back: true,
    shared: true,
  };
  const FREE: Facts = {
    amount: 49,
    age: '30 days',
    gifts: 2,
    recipients: 2,
    senders: 2,
    back: false,
    shared: false,
  };

  async function screened(verdicts: Partial<Record<Rule, Verdict>>, facts: Facts) {
    const { amount = 0, ...others } = facts;
    const [row] = await own.sql(
      `SELECT s.rule, s.verdict FROM boon.policies p, jsonb_to_record($2) AS f (
         amount bigint, age interval, gifts bigint, recipients int, senders bigint, back boolean, shared boolean),
         boon_code.screening(jsonb_populate_record(p, $1), (now(), f.amount, now() - f.age, f.gifts - 1,
           ARRAY(SELECT n::text FROM generate_series(2, f.recipients) n), '1', f.senders - 1, f.shared, f.back)) s LIMIT 1`,
      [
        JSON.stringify({
          ...Object.fromEntries(RULES.map((rule) => [rule, verdicts[rule] ?? 'allow'])),
          velocity_gifts: 2,
          new_account_above: 50_000_000,
          new_account_younger_than: '30 days',
          fan_in_senders: 2,
          fan_out_recipients: 2,
        }),
        JSON.stringify({ ...others, amount: amount * 1_000_000 }),
      ],
    );
    return row;
  }
  const caughtBy = async (...args: Parameters<typeof screened>) => (await screened(...args))?.rule;
  const all = (verdict: Verdict) => Object.fromEntries(RULES.map((rule) => [rule, verdict]));

  test.each(RULES)('%s catches alone, and what it allows it does not catch', async (rule) => {
    expect(await caughtBy({ [rule]: 'hold' }, CAUGHT)).toBe(rule);
    expect(await caughtBy({ ...all('hold'), [rule]: 'allow' }, CAUGHT)).not.toBe(rule);
    expect(await caughtBy({ [rule]: 'hold' }, FREE)).toBeNull();
  });

  test.each(RULES)('%s is named where it denies and the others hold', async (rule) => {
    expect(await caughtBy({ ...all('hold'), [rule]: 'deny' }, CAUGHT)).toBe(rule);
    expect(await caughtBy({ ...all('deny'), [rule]: 'hold' }, CAUGHT)).not.toBe(rule);
  });

  test('the strongest verdict wins, whichever rules come before and after it, and its first rule is the reason', async () => {
    const all = RULES.reduce<Partial<Record<Rule, Verdict>>[]>(
      (some, rule) =>
        some.flatMap((verdicts) => VERDICTS.map((verdict) => ({ ...verdicts, [rule]: verdict }))),
      [{}],
    );
    expect(all).toHaveLength(3 ** RULES.length);
    for (const verdicts of all) {
      const ordered = (['deny', 'hold'] as const).flatMap((verdict) =>
        RULES.filter((rule) => verdicts[rule] === verdict).map((rule) => ({ rule, verdict })),
      );
      expect(await screened(verdicts, CAUGHT)).toEqual(ordered[0] ?? { rule: null, verdict: null });
    }
  });

  test('the circle denies though the rule before it holds, and holds though all others allow', async () => {
    expect(await screened({ fan_out: 'hold', circle: 'deny' }, CAUGHT)).toEqual({
      rule: 'circle',
      verdict: 'deny',
    });
    expect(await screened({ circle: 'hold' }, CAUGHT)).toEqual({ rule: 'circle', verdict: 'hold' });
    expect(await screened({ fan_out: 'deny', circle: 'hold' }, CAUGHT)).toEqual({
      rule: 'fan_out',
      verdict: 'deny',
    });
  });

  test('none is named where all allow; of equals it is the first', async () => {
    expect(await caughtBy({}, CAUGHT)).toBeNull();
    for (const [at, rule] of RULES.entries()) {
      const later = Object.fromEntries(RULES.slice(at).map((other) => [other, 'hold' as const]));
      expect(await caughtBy(later, CAUGHT)).toBe(rule);
    }
  });
});
