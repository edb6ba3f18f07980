/** The reasons that the ledger's SQL gives are those of the closed lists in `src/domain`, no more and no fewer. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GIFT_REASONS, GIFT_REFUSAL_REASONS } from '../../../src/domain/gift-reasons.ts';
import { REFERRAL_REASONS, REFUSAL_REASONS } from '../../../src/domain/referral-status.ts';
import {
  CREDIT_REFUSALS,
  INVALID_USE_REASONS,
  USE_LIMIT_REASONS,
} from '../../../src/domain/usage-reasons.ts';
import { SQL_FUNCTIONS, type SqlFunction, SqlReasons } from '../../support/sql-reasons.ts';
import { openTestLedger, type TestLedger } from '../../support/test-ledger.ts';

let t: TestLedger;
let functions: SqlFunction[];
let sql: SqlReasons;
beforeAll(async () => {
  t = await openTestLedger();
  functions = (await t.sql(SQL_FUNCTIONS)) as SqlFunction[];
  sql = new SqlReasons(functions);
});
afterAll(() => t.close());

const hasCode = (object: readonly string[]) => object.includes("'code'");
const makesGifts = ({ text }: SqlFunction) => /INSERT INTO \w+\.gifts\b/.test(text);

describe('the reasons of the ledger’s SQL', () => {
  test('that a gift shows are those of `GIFT_REASONS`', () => {
    expectTheSame(giftReasons(sql), GIFT_REASONS);
  });

  test('for which a gift is refused are those of `GIFT_REFUSAL_REASONS`', () => {
    const given = [...sql.ofInput('refuse_gift', 'p_reason_code'), ...sql.ofKey('reason_code', hasCode)];
    expectTheSame(new Set(given), GIFT_REFUSAL_REASONS);
  });

  test('that a referral shows are those of `REFERRAL_REASONS`', () => {
    expectTheSame(
      new Set([...sql.ofArgument('referrals', 'p_reason_code'), ...sql.ofColumn('referrals', 'reason_code')]),
      REFERRAL_REASONS,
    );
  });

  test('for which a referral ends as refused are those of `REFUSAL_REASONS`, the columns of the report', () => {
    const given = sql.ofArgument('referrals', 'p_reason_code', (args) => args[1] === "'refused'");
    expectTheSame(given, REFUSAL_REASONS);
  });

  test('for which a use is refused are those of `USE_LIMIT_REASONS` and `INVALID_USE_REASONS`', () => {
    expectTheSame(sql.ofField('reason', 'use'), [...USE_LIMIT_REASONS, ...INVALID_USE_REASONS]);
  });

  test('for which nothing is paid beyond the plan are those of `CREDIT_REFUSALS`', () => {
    expectTheSame(sql.ofReturn('credit_means'), CREDIT_REFUSALS);
  });

  test.each([
    ['an argument', "'claim_expired'"],
    ['a column', "'reversed'"],
    ['a variable', "THEN 'recipient_not_new'"],
    ['an input of what makes the row', "screening_rule(1, 'velocity'"],
  ])('are found in another spelling too: %s', (_, given) => {
    const spelled = given.replace(/'\w+'/, "'unheard_of'");
    const changed = functions.map((one) => ({ ...one, text: one.text.replaceAll(given, spelled) }));
    expect([...giftReasons(new SqlReasons(changed))]).toContain('unheard_of');
  });
});

/** What stands in `reason_code` of a gift: at its acceptance, and by what happens to it later. */
function giftReasons(read: SqlReasons): Set<string> {
  return new Set([
    ...read.ofArgument('gifts', 'p_reason_code'),
    ...read.ofColumn('gifts', 'reason_code'),
    ...read.ofKey('reason_code', (object, made) => makesGifts(made) && !hasCode(object)),
  ]);
}

function expectTheSame(given: ReadonlySet<string>, listed: readonly string[]): void {
  expect({
    'given and not listed': [...given].filter((reason) => !listed.includes(reason)),
    'listed and never given': listed.filter((reason) => !given.has(reason)),
  }).toEqual({ 'given and not listed': [], 'listed and never given': [] });
}
