/** For tests of `verify`: an account whose billing day moved, and how accounts and their months can be wrong. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import { START, seedAccount } from './test-ledger.ts';
import { charge } from './usage.ts';

/** `moved` spent credits in March, April and May; its months began on the 1st, then on the 11th, and will on the 20th. */
export async function makeAccountScene(ledger: Ledger): Promise<void> {
  await seedAccount(ledger, 'moved', { credits: '100', put: { billing_day: 1 } });
  const move = (billing_day: number, at: string) =>
    ledger.putAccount('moved', { plan: 'plus', billing_day }, at);
  await charge(ledger, 'moved', { units: '26', id: 'march' });
  await move(20, START);
  await move(11, '2026-03-31T23:59:59.999Z');
  for (const at of ['2026-04-01T00:00:00.000Z', '2026-05-11T00:00:00.000Z'])
    await charge(ledger, 'moved', { units: '26', id: at, at });
  await move(20, '2026-05-11T00:00:00.000Z');
}

const BELONGS = 'a person belongs to an organisation or to none, an organisation to none';
const FOLLOW = 'billing months follow each other, none shorter than a month, on the day of their account';
const COUNTED = 'what is counted in a month is counted in a billing month of its account';
const anyMonth = 'ALTER TABLE boon.billing_days DROP CONSTRAINT billing_day_is_sound;';
const SECOND = `account_id = 'moved' AND number = 2`;

/** Each: the invariant that must notice, what was done, and how. */
export const ACCOUNT_DAMAGES: [string, string, string][] = [
  [BELONGS, 'its own organisation', `UPDATE boon.accounts SET org_id = id WHERE id = 'moved'`],
  [BELONGS, 'an organisation in itself', `UPDATE boon.accounts SET org_id = id WHERE id = 'billed'`],
  [
    BELONGS,
    'an organisation in another',
    `UPDATE boon.accounts SET org_id = 'corrected' WHERE id = 'billed'`,
  ],
  [BELONGS, 'a member of nobody', `UPDATE boon.accounts SET org_id = 'nobody' WHERE id = 'moved'`],
  [BELONGS, 'a member of a person', `UPDATE boon.accounts SET org_id = 'ann' WHERE id = 'moved'`],
  [
    BELONGS,
    'an organisation that became a person',
    `UPDATE boon.accounts SET kind = 'person', billing = 'pool' WHERE id = 'billed'`,
  ],
  [
    FOLLOW,
    'a month cut short',
    `${anyMonth} UPDATE boon.billing_days SET first_ends_at = '2026-04-11Z' WHERE ${SECOND}`,
  ],
  [
    FOLLOW,
    'a month that begins in another',
    `UPDATE boon.billing_days SET starts_at = '2026-03-20Z' WHERE account_id = 'moved' AND number IN (1, 2)`,
  ],
  [FOLLOW, 'a move that is gone', `DELETE FROM boon.billing_days WHERE account_id = 'moved' AND number = 3`],
  [FOLLOW, 'a day that nobody moved', `UPDATE boon.accounts SET billing_day = 5 WHERE id = 'moved'`],
  [FOLLOW, 'the first day gone', `DELETE FROM boon.billing_days WHERE account_id = 'moved' AND number = 0`],
  [
    COUNTED,
    'spending in another month',
    `UPDATE boon.spending SET month = '2026-04-11' WHERE payer_id = 'moved' AND month = '2026-04-01'`,
  ],
  [
    COUNTED,
    'a use that took the least there is, in another month',
    `UPDATE boon.usage SET own_part = 1, plan_part = plan_part + own_part - 1, own_month = own_month - 40 WHERE own_part > 0`,
  ],
  [
    COUNTED,
    'a member’s use that took the least there is, in another month',
    `UPDATE boon.usage SET pool_part = 1, plan_part = plan_part + pool_part - 1, pool_month = pool_month - 40 WHERE pool_part > 0`,
  ],
  [COUNTED, 'a top-up in another month', `UPDATE boon.purchases SET month = month - 1 WHERE kind = 'top_up'`],
  [
    COUNTED,
    'a top-up of another moment',
    `UPDATE boon.purchases SET created_at = created_at + interval '2 months' WHERE kind = 'top_up'`,
  ],
  [
    COUNTED,
    'a top-up of just when its month had ended',
    `UPDATE boon.purchases p SET created_at = (SELECT m.ends_at FROM boon_code.billing_month(p.account_id, p.month::timestamp AT TIME ZONE 'UTC') m) WHERE kind = 'top_up'`,
  ],
  [
    COUNTED,
    'a charge of just when its month had ended',
    `ALTER TABLE boon.charges DISABLE TRIGGER append_only;
     UPDATE boon.charges c SET at = m.ends_at FROM boon.billing_months m WHERE m.org_id = c.org_id AND m.month = c.month AND c.month = '2026-04-01'`,
  ],
  [
    COUNTED,
    'rewards in a month that ends otherwise',
    `UPDATE boon.reward_windows SET ends_at = ends_at + interval '1 day'`,
  ],
  [
    COUNTED,
    'an invoice’s month that begins otherwise',
    `UPDATE boon.accounts SET billing_day = 2 WHERE id = 'billed'`,
  ],
  [
    COUNTED,
    'a charge in a month before it',
    `ALTER TABLE boon.charges DISABLE TRIGGER append_only; UPDATE boon.charges SET at = at + interval '1 month' WHERE month = '2026-04-01'`,
  ],
  [
    COUNTED,
    'a charge in a month after its own, which was never closed',
    `ALTER TABLE boon.charges DISABLE TRIGGER append_only; UPDATE boon.charges SET at = at - interval '9 months' WHERE month = '2026-04-01'`,
  ],
];
