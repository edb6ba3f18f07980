/** For tests of `verify`: purchases that were paid, refunded, disputed and topped up, and how their rows can be wrong. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import { give } from './gifts.ts';
import { bought, CONSENT, hear } from './purchases.ts';
import { seedAccount } from './test-ledger.ts';
import { charge } from './usage.ts';

/** At a moment after everything else. Of the first purchase 30 credits were spent before its money went back. */
export async function makePurchaseScene(ledger: Ledger, at: string): Promise<void> {
  await seedAccount(ledger, 'pam', { at });
  await seedAccount(ledger, 'pia', { at });
  const first = await bought(ledger, 'pam', 'credits-100', { at, save_card: true });
  await charge(ledger, 'pam', { units: '55', at });
  await hear(ledger, first, { said: 'refunded', amount: 400, at });
  const second = await bought(ledger, 'pam', 'credits-100', { at });
  await bought(ledger, 'pam', 'reset-1', { at });
  const dispute = { said: 'disputed', dispute_id: 'dp_scene', amount: 200, at } as const;
  await hear(ledger, second, { ...dispute, status: 'open' });
  await hear(ledger, second, { ...dispute, status: 'won' });
  const third = await bought(ledger, 'pam', 'credits-100', { at });
  const soon = new Date(Date.parse(at) + 1000).toISOString();
  const asked = {
    key: 'scene:refund',
    at: soon,
    id: 'rfd_scene',
    asked_by: 'mia',
    reason: 'a second thought',
  };
  await ledger.beginRefund({ ...asked, purchase_id: third.id, amount: 100 });
  const done = { at: soon, refund_id: 'rfd_scene', provider_id: 're_scene', status: 'succeeded' } as const;
  await ledger.hearOfRefund({ ...done, status: 'pending' });
  await ledger.hearOfRefund(done);
  await hear(ledger, third, { said: 'refunded', amount: 150, at });
  await hear(ledger, third, { said: 'paid', payment_id: 'pi_scene_again', at });
  const given = { key: 'scene:given', at, id: 'pur_scene_given', account_id: 'pam', package: 'credits-100' };
  await ledger.beginPurchase(given);
  await hear(ledger, given, { said: 'paid', payment_id: 'pi_scene_given', at });
  await give(ledger, 'pam', 'pia', { amount: '232', at, id: 'gft_scene_given' });
  await ledger.putTopUp('pam', { ...CONSENT, below: '1000' }, 'pam', at);
  await ledger.beginTopUp('pam', 'pur_scene_top_up', at);
}

const GAVE = 'a paid purchase gave what was bought, once, and no other gave anything';
const STATUS = 'a purchase has the status of its last movement';
const LOST = 'a purchase lost as much as its money went back';
const HEARD = 'what refunds gave back is what was heard and asked for, and no more than was paid';
const MOVED = 'a refund is what its movements say';
const TOOK = 'what refunds took is what their purchases say';
const DEBTS = 'debts are the sum of their movements, and owed by purchases';
const TAKINGS = 'what was taken for money or a debt is noted lot by lot, and so is what was given back';
const BROUGHT = 'what a purchase brought is left, on hold, spent, given, expired or taken back';
const RESTS = 'nothing is left or on hold of what is owed because its money went back';
const CAP = 'top-ups keep to the cap that was consented to';
const PAID = 'a purchase was paid its price, and by one payment';
const BOUND = 'a top-up is of the package and the price consented to';
const REFUNDED = `status = 'refunded'`;

/** Each: the invariant that must notice, what was done, and how. */
export const PURCHASE_DAMAGES: [string, string, string][] = [
  [
    GAVE,
    'another sum',
    `UPDATE boon.purchases SET credits = credits + 1 WHERE status = 'paid' AND credits > 0`,
  ],
  [GAVE, 'a purchase that is gone', `DELETE FROM boon.purchases WHERE status = 'paid' AND credits > 0`],
  [GAVE, 'a lot of somebody else', `UPDATE boon.purchases SET lot_id = 1 WHERE ${REFUNDED}`],
  [GAVE, 'a reset that is gone', `DELETE FROM boon.resets WHERE source = 'purchase'`],
  [GAVE, 'a reset of no purchase', `UPDATE boon.resets SET reference = 'nothing' WHERE source = 'purchase'`],
  [STATUS, 'a payment that nobody noted', `DELETE FROM boon.purchase_movements WHERE kind = 'paid'`],
  [STATUS, 'an end that nobody noted', `UPDATE boon.purchases SET status = 'expired' WHERE status = 'open'`],
  [LOST, 'a refund that is gone', `UPDATE boon.purchases SET refunded = 0, elsewhere = 0 WHERE ${REFUNDED}`],
  [LOST, 'a refund of ours that is gone', 'DELETE FROM boon.refunds'],
  [HEARD, 'a refund that nobody told of', 'UPDATE boon.purchases SET refunded = 0, elsewhere = 0'],
  [HEARD, 'a word of the provider that is gone', 'DELETE FROM boon.provider_totals'],
  [
    HEARD,
    'a refund that the provider does not have',
    'DELETE FROM boon.provider_refunds WHERE refund_id IS NOT NULL',
  ],
  [HEARD, 'a refund that failed at the provider', `UPDATE boon.provider_refunds SET status = 'failed'`],
  [PAID, 'less than the price', `UPDATE boon.purchases SET paid = 1 WHERE status = 'paid'`],
  [PAID, 'a payment whose case is open', `UPDATE boon.payment_cases SET payment_id = 'pi_' || subject_id`],
  [PAID, 'a case that nobody was told of', `DELETE FROM boon.events WHERE type = 'case.opened'`],
  [BOUND, 'another price', `UPDATE boon.top_up_consents SET price = price + 1`],
  [
    LOST,
    'a refund that counts twice',
    'UPDATE boon.purchases SET refunded = refunded + 1, elsewhere = elsewhere + 1 WHERE paid_at IS NOT NULL',
  ],
  [HEARD, 'more than was paid', 'UPDATE boon.refunds SET amount = 401'],
  [HEARD, 'a refund of nothing', `UPDATE boon.refunds SET purchase_id = 'nothing'`],
  [MOVED, 'another sum', 'UPDATE boon.refunds SET amount = 99'],
  [MOVED, 'an end that nobody noted', `UPDATE boon.refunds SET status = 'failed', reason_code = 'a guess'`],
  [MOVED, 'a beginning that nobody noted', `DELETE FROM boon.refund_movements WHERE kind = 'requested'`],
  [MOVED, 'money that no provider sent', 'UPDATE boon.refunds SET provider_id = NULL'],
  [MOVED, 'more taken than was', 'UPDATE boon.refunds SET taken = taken + 1'],
  [MOVED, 'a debt that nobody has', 'UPDATE boon.refunds SET owed = 1'],
  [LOST, 'a dispute that was lost after all', `UPDATE boon.disputes SET status = 'lost'`],
  [
    TOOK,
    'more taken than was',
    `UPDATE boon.purchases SET taken = taken + 1, owed = owed - 1 WHERE ${REFUNDED}`,
  ],
  [DEBTS, 'a debt out of nothing', `UPDATE boon.debts SET amount = amount + 1`],
  [DEBTS, 'a debt that was let go', `DELETE FROM boon.debt_movements WHERE kind = 'incurred'`],
  [
    DEBTS,
    'a payment that was not made',
    `UPDATE boon.debt_movements SET amount = amount - 1 WHERE kind = 'paid'`,
  ],
  [
    DEBTS,
    'a debt for nothing',
    `UPDATE boon.debt_movements SET purchase_id = 'nothing' WHERE kind = 'incurred'`,
  ],
  [
    DEBTS,
    'a payment that was given back',
    'UPDATE boon.takings SET given_back = 1 WHERE movement IS NOT NULL',
  ],
  [TAKINGS, 'a taking that nobody noted', 'DELETE FROM boon.takings WHERE movement IS NULL'],
  [TAKINGS, 'a payment that no lot made', 'DELETE FROM boon.takings WHERE movement IS NOT NULL'],
  [TAKINGS, 'a taking out of another lot', 'UPDATE boon.takings SET lot_id = 1'],
  [TAKINGS, 'more given back than was', 'UPDATE boon.takings SET given_back = 1 WHERE given_back = 0'],
  [BROUGHT, 'a use of nothing', `UPDATE boon.entries SET kind = 'grant' WHERE kind = 'usage'`],
  [
    BROUGHT,
    'less taken than was',
    `UPDATE boon.takings SET given_back = given_back + 1 WHERE given_back < amount`,
  ],
  [
    RESTS,
    'a part that is owed and there',
    'UPDATE boon.purchases SET owed = 1 WHERE lot_id IN (SELECT id FROM boon.lots WHERE open)',
  ],
  [
    RESTS,
    'a gift of what was refunded',
    `UPDATE boon.purchases SET let_go = credits - taken - owed WHERE id = 'pur_scene_given'`,
  ],
  [RESTS, 'a reset of what was refunded', `UPDATE boon.purchases SET resets_kept = 1 WHERE resets > 0`],
  [CAP, 'a consent that is gone', `DELETE FROM boon.top_up_consents`],
  [CAP, 'a lower cap', `UPDATE boon.top_up_consents SET monthly_cap = 399`],
];
