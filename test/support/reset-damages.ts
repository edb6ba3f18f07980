/** For tests of `verify`: everything that happens to resets, once, and the ways in which their rows can be wrong. */
import type { Reset } from '../../src/contracts/resets/reset.schema.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { give } from './gifts.ts';
import { bank, redeem, use } from './resets.ts';
import { later, START } from './test-ledger.ts';

/** One of ann's comes back, one of bob's expires, one is given to cleo, one is on its way, one of cleo's stays. */
export async function makeResetScene(ledger: Ledger): Promise<void> {
  await bank(ledger, 'ann', { program: 'ann' });
  await bank(ledger, 'bob', { program: 'bob' });
  await use(ledger, 'ann', '3', START);
  await use(ledger, 'ann', '5', later(START, { days: 6, hours: 12 }));
  await redeem(ledger, 'ann', { at: later(START, { days: 6, hours: 13 }) });
  await ledger.returnDueResets(later(START, { days: 7 }), 10);
  await use(ledger, 'cleo', '4', START);
  const [given, held] = await bank(ledger, 'bob', { program: 'gift', count: 2, at: START });
  const gift = (id: string, reset: Reset | undefined, at = START) =>
    give(ledger, 'bob', 'cleo', { id, at, amount: '0', reset_id: reset?.id });
  await gift('given', given);
  await ledger.advanceGifts(['given'], later(START, { days: 1 }));
  await gift('on-its-way', held, later(START, { days: 15 }));
  await ledger.expireResets(later(START, { days: 30 }), 10);
  await bank(ledger, 'cleo', { program: 'cleo', at: later(START, { days: 40 }) });
}

const redeemed = `(SELECT id FROM boon.resets WHERE program = 'ann' AND source = 'grant')`;
const returned = `(SELECT id FROM boon.resets WHERE program = 'ann' AND source = 'return')`;
const expired = `(SELECT id FROM boon.resets WHERE program = 'bob')`;
const available = `(SELECT id FROM boon.resets WHERE program = 'cleo')`;
const movement = (reset: string, kind: string) =>
  `INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
   SELECT id, account_id, '${kind}', '', granted_at FROM boon.resets WHERE id = ${reset}`;

const STATUS = 'a reset has the status of its last movement';
const ORDER = 'a reset is granted once, and moves on only while it is to be had';
const ONE_REDEMPTION = 'every redeemed reset has its one redemption';
const IN_TIME = 'a reset is redeemed before it expires, and expires when it says';
const RESTORED = 'a redemption spent its reset on something, and restored both windows';
const BOUNDS = 'windows are within bounds';
const GIVEN = 'resets on hold are those of open gifts, and given ones those of settled gifts';
const BACK = 'a reset comes back once, to its owner, after it was redeemed';

/** Each: the invariant that must notice, what was done, and how. */
export const RESET_DAMAGES: [string, string, string][] = [
  [
    STATUS,
    'an expired reset made available',
    `UPDATE boon.resets SET status = 'available' WHERE id = ${expired}`,
  ],
  [STATUS, 'a reset that nobody granted', `DELETE FROM boon.reset_movements WHERE reset_id = ${available}`],
  [STATUS, 'a reset that is gone', `DELETE FROM boon.resets WHERE id = ${available}`],
  [
    STATUS,
    'a reset moved to another owner',
    `UPDATE boon.resets SET account_id = 'bob' WHERE id = ${available}`,
  ],
  [
    STATUS,
    'another time of redemption',
    `UPDATE boon.resets SET redeemed_at = granted_at WHERE id = ${redeemed}`,
  ],
  [ORDER, 'a reset granted twice', movement(available, 'granted')],
  [ORDER, 'an expired reset redeemed', movement(expired, 'redeemed')],
  [ORDER, 'a reset given that was never on its way', movement(available, 'given')],
  [ORDER, 'a reset back that was never on its way', movement(available, 'released')],
  [ORDER, 'a spent reset taken back', movement(redeemed, 'revoked')],
  [ONE_REDEMPTION, 'a redemption that is gone', `DELETE FROM boon.redemptions`],
  [
    ONE_REDEMPTION,
    'a second redemption',
    `INSERT INTO boon.redemptions SELECT account_id, 'again', reset_id, effective_at, five_hour_limit, five_hour_used,
       five_hour_started_at, weekly_limit, weekly_used, weekly_started_at, weekly_moved FROM boon.redemptions`,
  ],
  [ONE_REDEMPTION, 'a redemption by another account', `UPDATE boon.redemptions SET account_id = 'bob'`],
  [
    IN_TIME,
    'a reset that had expired',
    `UPDATE boon.resets SET expires_at = redeemed_at WHERE id = ${redeemed}`,
  ],
  [
    IN_TIME,
    'an expiry before its time',
    `UPDATE boon.reset_movements SET effective_at = effective_at - interval '1 microsecond' WHERE kind = 'expired'`,
  ],
  [
    RESTORED,
    'a redemption of nothing',
    `ALTER TABLE boon.redemptions DROP CONSTRAINT something_was_used; UPDATE boon.redemptions SET five_hour_used = 0, weekly_used = 0`,
  ],
  [
    RESTORED,
    'a weekly window left as it was',
    `UPDATE boon.usage_windows SET restored_by = NULL WHERE account_id = 'ann' AND kind = 'weekly'`,
  ],
  [
    RESTORED,
    'a 5-hour window left as it was',
    `UPDATE boon.usage_windows w SET restored_by = NULL, started_at = d.five_hour_started_at FROM boon.redemptions d WHERE w.kind = 'five_hour'`,
  ],
  [
    BOUNDS,
    'less than nothing used',
    `ALTER TABLE boon.usage_windows DROP CONSTRAINT used_not_below_zero; UPDATE boon.usage_windows SET used = -1 WHERE account_id = 'cleo'`,
  ],
  [
    BOUNDS,
    'more in five hours than in the week',
    `UPDATE boon.usage_windows SET used = used + 1 WHERE account_id = 'cleo' AND kind = 'five_hour'`,
  ],
  [
    BOUNDS,
    'windows of nobody',
    `UPDATE boon.usage_windows SET account_id = 'nobody' WHERE account_id = 'cleo'`,
  ],
  [GIVEN, 'a hold without a gift', `DELETE FROM boon.gifts WHERE id = 'on-its-way'`],
  [
    GIVEN,
    'a gift of a reset that is not on hold',
    `UPDATE boon.resets SET status = 'available' WHERE status = 'held'`,
  ],
  [GIVEN, 'a settled gift that never arrived', `DELETE FROM boon.resets WHERE source = 'gift'`],
  [
    GIVEN,
    'a gift that arrived at somebody else',
    `UPDATE boon.resets SET account_id = 'ann' WHERE source = 'gift'`,
  ],
  [
    GIVEN,
    'another reset than the one that was given',
    `UPDATE boon.gifts SET reset_id = reset_id + 1 WHERE id = 'given'`,
  ],
  [BACK, 'one that was not spent', `UPDATE boon.resets SET from_reset = ${expired} WHERE id = ${returned}`],
  [BACK, 'one of somebody else', `UPDATE boon.resets SET account_id = 'bob' WHERE id = ${returned}`],
  [
    BACK,
    'one that came later',
    `UPDATE boon.resets SET granted_at = granted_at + interval '1 day' WHERE id = ${returned}`,
  ],
  [
    BACK,
    'one that was posted late and has less than its time',
    `UPDATE boon.resets SET posted_at = expires_at - interval '23 hours' WHERE id = ${returned}`,
  ],
  [
    BACK,
    'one that ends before the one it goes on from',
    `UPDATE boon.resets SET expires_at = expires_at - interval '1 ms' WHERE id = ${returned}`,
  ],
  [BACK, 'one of another program', `UPDATE boon.resets SET program = 'other' WHERE id = ${returned}`],
  [
    BACK,
    'one that came twice',
    `DROP INDEX boon.resets_gone_on_once; UPDATE boon.resets SET from_reset = ${redeemed} WHERE id = ${available}`,
  ],
];
