/** For tests of `verify`: uses that everything has paid for, and the ways in which their rows can be wrong. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import { grant } from './gifts.ts';
import { later, START, seedAccount } from './test-ledger.ts';
import { charge, seedOrganisation } from './usage.ts';

/** The plan and uma's own credits paid for uma's, the plan and the organisation for mia's and mel's; one of lena's was reported late. */
export async function makeUsageScene(ledger: Ledger): Promise<void> {
  await seedAccount(ledger, 'uma', { credits: '100', put: { plan: 'plus' } });
  await charge(ledger, 'uma', { id: 'uma', units: '30' });
  await seedOrganisation(ledger, 'firm', ['mia', 'mel']);
  await grant(ledger, 'firm', '100');
  await charge(ledger, 'mia', { id: 'first', units: '2' });
  await charge(ledger, 'mia', { id: 'mia', units: '28' });
  await charge(ledger, 'mel', { id: 'mel', units: '26' });
  const at = (hours: number) => later(START, { hours });
  await seedAccount(ledger, 'lena', { credits: '10', expires_at: at(2), put: { plan: 'plus' } });
  await charge(ledger, 'lena', { id: 'lena', units: '20' });
  await charge(ledger, 'lena', { id: 'next', units: '3', at: at(6) });
  await ledger.expireLots(at(6), 100);
  await ledger.putAccount('lena', { plan: 'pro' }, at(7));
  await charge(ledger, 'lena', { id: 'late', units: '9', at: at(1), now: at(8) });
}

/** The month in which the tests begin. */
const MONTH = 'boon.usage_2026_03';
const OPEN = `ALTER TABLE ${MONTH} DISABLE TRIGGER append_only; ALTER TABLE boon.usage DROP CONSTRAINT IF EXISTS use_is_sound;`;
const HISTORY_OPEN = 'ALTER TABLE boon.account_history DISABLE TRIGGER append_only;';
const CHARGED = 'charges equal usage';
const PRICE = 'a use costs what its rate card says';
const WINDOWS = 'windows have used what the plan paid since they began';
const FOLLOW = 'windows follow each other';
const LATE = 'a use that was reported late counted in the window of its moment';
const JUDGED = 'a use that was reported late was judged by what its account was then';
const HISTORY = 'the history of an account is whole';
const LET_GO = 'no more of an expiry was taken back than a lot let go';
const EXPIRED = 'a lot lets go no more than was in it when it expired';
const ROOM = 'a use that was reported late took no more of a lot than was in it at each moment since';
const LIMITS = 'each use stayed within the limits of its moment';
const ACCOUNTS_OPEN = 'ALTER TABLE boon.accounts DISABLE TRIGGER keep_account_state;';
const WITHIN = 'the plan paid within its windows';
const CHAIN = 'each use found the windows as the one before it left them';
const ORDER = 'credits paid only when the plan was used up, and out of lots that may pay';
const SPENDING = 'spending adds up to what uses took';

/** Each: the invariant that must notice, what was done, and how. */
export const USAGE_DAMAGES: [string, string, string][] = [
  [CHARGED, 'a use that is gone', `${OPEN} DELETE FROM ${MONTH} WHERE id = 'uma'`],
  [
    CHARGED,
    'a charge that is gone',
    `DELETE FROM boon.transfers WHERE kind = 'usage' AND reference = 'mia/mia'`,
  ],
  [
    CHARGED,
    'a charge of another amount',
    `UPDATE boon.transfers SET amount = amount + 1 WHERE kind = 'usage' AND reference = 'uma'`,
  ],
  [
    CHARGED,
    'a charge to somebody else',
    `UPDATE boon.transfers SET debit_account = 'uma' WHERE kind = 'usage' AND reference = 'mia/mia'`,
  ],
  [
    CHARGED,
    'a line that tells of another use',
    `UPDATE boon.entries SET reference = 'other' WHERE kind = 'usage' AND reference = 'uma'`,
  ],
  [
    CHARGED,
    'a line of another time',
    `UPDATE boon.entries SET effective_at = effective_at - interval '1 second' WHERE kind = 'usage'`,
  ],
  [
    CHARGED,
    'an organisation that paid nothing',
    `${OPEN} UPDATE ${MONTH} SET pool_id = 'firm' WHERE id = 'first'`,
  ],
  [PRICE, 'units that were not used', `${OPEN} UPDATE ${MONTH} SET units = units + 1 WHERE id = 'uma'`],
  [PRICE, 'a product that costs more', `${OPEN} UPDATE ${MONTH} SET product = 'video' WHERE id = 'uma'`],
  [
    WINDOWS,
    'a window filled up',
    `UPDATE boon.usage_windows SET used = 0 WHERE account_id = 'uma' AND kind = 'five_hour'`,
  ],
  [
    WINDOWS,
    'a window that counts no use',
    `UPDATE boon.usage_windows SET since = since + 1 WHERE account_id = 'mia' AND kind = 'weekly'`,
  ],
  [WINDOWS, 'windows that are gone', `DELETE FROM boon.usage_windows WHERE account_id = 'mia'`],
  [
    WINDOWS,
    'a window that began later than its uses say',
    `UPDATE boon.usage_windows SET started_at = started_at + interval '1 second' WHERE account_id = 'mia' AND kind = 'weekly'`,
  ],
  [
    WINDOWS,
    'a window of the past that is full again',
    `UPDATE boon.past_windows SET used = 0 WHERE account_id = 'lena' AND kind = 'five_hour'`,
  ],
  [
    FOLLOW,
    'a window that ended after the next one began',
    `UPDATE boon.past_windows SET ended_at = ended_at + interval '2 hours' WHERE account_id = 'lena'`,
  ],
  [
    FOLLOW,
    'a window of the past after the present one',
    `UPDATE boon.past_windows SET counts_from = counts_from + interval '1 day', ended_at = ended_at + interval '1 day' WHERE account_id = 'lena'`,
  ],
  [
    LATE,
    'a window that counts from later than its use',
    `UPDATE boon.past_windows SET counts_from = counts_from + interval '2 hours' WHERE account_id = 'lena'`,
  ],
  [
    LATE,
    'a late use in the present window',
    `${OPEN} UPDATE ${MONTH} SET five_hour_window = (SELECT since FROM boon.usage_windows WHERE account_id = 'lena' AND kind = 'five_hour') WHERE id = 'late'`,
  ],
  [
    JUDGED,
    'another plan of the past',
    `${HISTORY_OPEN} UPDATE boon.account_history SET plan = 'free' WHERE account_id = 'lena'`,
  ],
  [
    JUDGED,
    'an account that was frozen then',
    `${HISTORY_OPEN} UPDATE boon.account_history SET status = 'frozen' WHERE account_id = 'lena'`,
  ],
  [
    HISTORY,
    'a state of the past that is gone',
    `${HISTORY_OPEN} DELETE FROM boon.account_history WHERE account_id = 'lena'`,
  ],
  [
    HISTORY,
    'a state that began later than the one before it ended',
    `${HISTORY_OPEN} UPDATE boon.account_history SET since = until - interval '1 hour' WHERE account_id = 'lena'`,
  ],
  [
    LET_GO,
    'an expiry that never was',
    `DELETE FROM boon.entries WHERE kind = 'expired' AND amount < 0 AND account_id = 'lena'`,
  ],
  [
    LET_GO,
    'an expiry that was taken back for nothing',
    `DELETE FROM boon.entries WHERE kind = 'usage' AND reference = 'late'`,
  ],
  [
    LET_GO,
    'an expiry that was taken back at another moment',
    `UPDATE boon.entries SET effective_at = effective_at + interval '1 hour' WHERE kind = 'expired' AND amount > 0`,
  ],
  [
    LET_GO,
    'a use at the moment of the expiry',
    `UPDATE boon.entries SET effective_at = (SELECT max(effective_at) FROM boon.entries WHERE kind = 'expired' AND amount > 0) WHERE kind = 'usage' AND reference = 'late'`,
  ],
  [
    EXPIRED,
    'credits that expired before they were there',
    `UPDATE boon.entries SET effective_at = effective_at - interval '10 hours' WHERE kind = 'expired' AND amount < 0 AND account_id = 'lena'`,
  ],
  [
    ROOM,
    'credits that were on hold when they were used',
    `INSERT INTO boon.entries SELECT x.transfer, l.id, l.account_id, l.id, x.kind::boon.entry_kind, x.amount, 0, 'lost', l.granted_at + x.after
     FROM boon.lots l, (VALUES (-2, 'gift_held', -9000000, interval '30 minutes'), (-1, 'gift_returned', 9000000, interval '90 minutes')) x (transfer, kind, amount, after)
     WHERE l.account_id = 'lena'`,
  ],
  [
    LIMITS,
    'a member who took more than allowed',
    `${ACCOUNTS_OPEN} UPDATE boon.accounts SET pool_limit = 1 WHERE id = 'mia'`,
  ],
  [
    LIMITS,
    'an organisation that spent more than allowed',
    `${ACCOUNTS_OPEN} UPDATE boon.accounts SET spending_limit = 1 WHERE id = 'firm'`,
  ],
  [
    LIMITS,
    'a member who took the least there is and was allowed nothing',
    `${OPEN} ${ACCOUNTS_OPEN} UPDATE ${MONTH} SET pool_part = 1 WHERE id = 'mia'; UPDATE boon.accounts SET pool_limit = 0 WHERE id = 'mia'`,
  ],
  [
    LIMITS,
    'an organisation that spent the least there is and was allowed nothing',
    `${OPEN} ${ACCOUNTS_OPEN} UPDATE ${MONTH} SET pool_part = 1 WHERE pool_part > 0; UPDATE boon.accounts SET spending_limit = 0 WHERE id = 'firm'`,
  ],
  [
    LIMITS,
    'somebody who spent the least there is and was allowed nothing',
    `${OPEN} ${ACCOUNTS_OPEN} UPDATE ${MONTH} SET own_part = 1 WHERE id = 'uma'; UPDATE boon.accounts SET spending_limit = 0 WHERE id = 'uma'`,
  ],
  [
    LIMITS,
    'a late use beyond the limit of then',
    `${HISTORY_OPEN} UPDATE boon.account_history SET spending_limit = 1 WHERE account_id = 'lena'`,
  ],
  [
    ORDER,
    'a lot that was granted after the use',
    `UPDATE boon.lots SET granted_at = granted_at + interval '90 minutes' WHERE account_id = 'lena'`,
  ],
  [CHAIN, 'a use of the plan that is gone', `${OPEN} DELETE FROM ${MONTH} WHERE id = 'first'`],
  [
    CHAIN,
    'a use of an earlier version that began a week before the last one was over',
    `${OPEN} UPDATE ${MONTH} SET five_hour_window = NULL, weekly_window = NULL WHERE id IN ('lena', 'next');
     UPDATE ${MONTH} SET weekly_used = plan_part, weekly_started_at = at WHERE id = 'next'`,
  ],
  [
    CHAIN,
    'a use of an earlier version that began a window the plan paid nothing in',
    `${OPEN} UPDATE ${MONTH} SET five_hour_window = NULL, weekly_window = NULL, own_part = own_part + plan_part, plan_part = 0,
       five_hour_used = 0, five_hour_started_at = at, weekly_used = 0, weekly_started_at = at WHERE id = 'uma'`,
  ],
  [
    CHAIN,
    'a use that left more of its window',
    `${OPEN} UPDATE ${MONTH} SET weekly_used = weekly_used - 1 WHERE id = 'first'`,
  ],
  [
    CHAIN,
    'a window that began before its first use',
    `${OPEN} UPDATE ${MONTH} SET five_hour_started_at = five_hour_started_at - interval '1 second' WHERE id = 'first'`,
  ],
  [
    WITHIN,
    'a limit that no plan has',
    `${OPEN} UPDATE ${MONTH} SET weekly_limit = weekly_limit + 1 WHERE id = 'first'`,
  ],
  [
    WITHIN,
    'a plan that paid more than it has',
    `${OPEN} UPDATE ${MONTH} SET five_hour_used = five_hour_limit + 1 WHERE id = 'uma'`,
  ],
  [
    ORDER,
    'credits before the plan',
    `${OPEN} UPDATE ${MONTH} SET five_hour_used = five_hour_limit - 1 WHERE id = 'uma'`,
  ],
  [
    ORDER,
    'credits where a window has no limit',
    `${OPEN} UPDATE ${MONTH} SET five_hour_limit = NULL, weekly_limit = weekly_used + 1 WHERE id = 'uma'`,
  ],
  [
    ORDER,
    'credits where the week has no limit',
    `${OPEN} UPDATE ${MONTH} SET weekly_limit = NULL, five_hour_limit = five_hour_used + 1 WHERE id = 'uma'`,
  ],
  [ORDER, 'a lot for something else', `UPDATE boon.lots SET products = '{video}' WHERE account_id = 'firm'`],
  [SPENDING, 'a member who took less', `UPDATE boon.spending SET spent = spent - 1 WHERE spender_id = 'mia'`],
  [SPENDING, 'a month that counts nothing', `DELETE FROM boon.spending WHERE payer_id = 'uma'`],
  [
    SPENDING,
    'a pool that counts its members twice',
    `UPDATE boon.spending SET spent = spent * 2 WHERE payer_id = 'firm' AND spender_id = ''`,
  ],
];
