import { afterAll, beforeAll, expect, test } from 'vitest';
import { ERRORS, isErrorCode } from '../../../src/contracts/error-codes.ts';
import {
  ACTIONS_ALLOWED,
  GIFT_ACTIONS,
  GIFT_STATUSES,
  isOpen,
  OPEN_GIFT_STATUSES,
} from '../../../src/domain/gift-status.ts';
import { LOT_SOURCES } from '../../../src/domain/lot.ts';
import { openTestLedger, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

const labels = async (type: string) => {
  const rows = await own.sql(`SELECT unnest(enum_range(NULL::boon.${type}))::text AS label`);
  return rows.map(({ label }) => label);
};

test.each(GIFT_STATUSES.flatMap((status) => GIFT_ACTIONS.map((action) => [status, action] as const)))(
  'a gift that is %s answers %s in SQL as in the domain',
  async (status, action) => {
    const [row] = await own.sql('SELECT boon_code.action_refused($1, $2) AS refused', [status, action]);
    if (ACTIONS_ALLOWED[status].includes(action)) expect(row?.refused).toBeNull();
    else expect(isErrorCode(row?.refused) && ERRORS[row.refused].retryable).toBe(false);
  },
);

test('the database has the statuses and sources of the domain, in burn order', async () => {
  expect(await labels('gift_status')).toEqual(GIFT_STATUSES);
  expect(await labels('lot_source')).toEqual(LOT_SOURCES);
});

test('the open statuses are those that have a deadline', async () => {
  expect(GIFT_STATUSES.filter(isOpen).toSorted()).toEqual(OPEN_GIFT_STATUSES.toSorted());
  const [row] = await own.sql(
    `SELECT pg_get_expr(d.adbin, d.adrelid) AS deadline FROM pg_attrdef d
     JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
     WHERE d.adrelid = 'boon.gifts'::regclass AND a.attname = 'deadline'`,
  );
  const named = [...String(row?.deadline).matchAll(/WHEN '(\w+)'/g)].map(([, status]) => status);
  expect(named.toSorted()).toEqual(OPEN_GIFT_STATUSES.toSorted());
});
