/** For tests of `verify`: invoices paid, open, credited and void, a month that runs, and how their rows can be wrong. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import { seedInvoiced } from './billing.ts';
import { newKey } from './test-ledger.ts';
import { charge } from './usage.ts';

/** `sue` and `tom` of `billed` are charged beyond their plans in March, April and May, `ola` of `corrected` before. */
export async function makeBillingScene(ledger: Ledger): Promise<void> {
  await seedInvoiced(ledger, 'billed', ['sue', 'tom']);
  let units = 390;
  for (const [month, end] of [
    ['2026-03-01', '2026-04-01'],
    ['2026-04-01', '2026-05-01'],
    ['2026-05-01', undefined],
  ] as const) {
    for (const member of ['sue', 'tom']) {
      // No two the same, so that none can stand for another.
      units += 10;
      await charge(ledger, member, {
        units: `${units}`,
        id: `${member}-${month}`,
        at: `${month}T09:00:00.000Z`,
      });
    }
    if (end === undefined) continue;
    const at = `${end}T00:00:00.000Z`;
    const { id } = await ledger.closeBillingMonth({ account_id: 'billed', month }, at);
    await ledger.noteInvoiceNotice(id, 'sent', at);
    if (month === '2026-03-01')
      await ledger.payInvoice({ key: newKey('pay'), at, id, said_by: 'operator', reference: 'wire' });
  }
  await makeCorrections(ledger);
}

/** January's invoice of `corrected` is credited in part and paid, February's credited in part and void. */
async function makeCorrections(ledger: Ledger): Promise<void> {
  await seedInvoiced(ledger, 'corrected', ['ola']);
  for (const [month, end] of [
    ['2026-01-01', '2026-02-01'],
    ['2026-02-01', '2026-03-01'],
  ] as const) {
    await charge(ledger, 'ola', { units: '400', id: `ola-${month}`, at: `${month}T09:00:00.000Z` });
    const at = `${end}T00:00:00.000Z`;
    const { id } = await ledger.closeBillingMonth({ account_id: 'corrected', month }, at);
    const said = { at, id, said_by: 'operator', reason: 'ticket' };
    const credit = { ...said, key: newKey('credit'), kind: 'credit', amount: 100 } as const;
    const { correction } = (await ledger.correctInvoice(credit)).value;
    await ledger.noteCorrectionTold(correction.id, { outcome: 'not_there', reference: null }, at);
    if (month === '2026-01-01')
      await ledger.payInvoice({ key: newKey('pay'), at, id, said_by: 'operator', reference: 'wire' });
    else await ledger.correctInvoice({ ...said, key: newKey('void'), kind: 'void' });
  }
}

const CHARGES = 'what is to be invoiced equals its uses and transfers';
const MONTHS = 'billing months add up to their charges';
const INVOICES = 'invoices equal charges: each is in exactly one, or in a month that is not closed';
const PAID = 'an invoice is paid once, by its transfer';
const MOVEMENTS = 'every invoice has its movements';
const TAKEN_BACK = 'a correction takes back what its transfer says';
const CORRECTED = 'invoices are credited and void as their corrections say';
const FEBRUARY = `(SELECT id FROM boon.invoices WHERE month = '2026-02-01')`;
const APRIL = `(SELECT id FROM boon.invoices WHERE month = '2026-04-01')`;
const OPEN = 'DISABLE TRIGGER append_only';

/** Each: the invariant that must notice, what was done, and how. */
export const BILLING_DAMAGES: [string, string, string][] = [
  [
    CHARGES,
    'a charge that is gone',
    `ALTER TABLE boon.charges ${OPEN}; DELETE FROM boon.charges WHERE usage_id = 'sue-2026-05-01'`,
  ],
  [
    CHARGES,
    'a charge of another amount',
    `ALTER TABLE boon.charges ${OPEN}; UPDATE boon.charges SET amount = amount - 1 WHERE usage_id = 'tom-2026-05-01'`,
  ],
  [
    CHARGES,
    'a charge to another member',
    `ALTER TABLE boon.charges ${OPEN}; UPDATE boon.charges SET member_id = 'tom' WHERE usage_id = 'sue-2026-05-01'`,
  ],
  [
    CHARGES,
    'a transfer that is gone',
    `DELETE FROM boon.transfers WHERE kind = 'charge' AND reference = 'tom-2026-03-01'`,
  ],
  [
    CHARGES,
    'a transfer to another account',
    `UPDATE boon.transfers SET credit_account = 'boon:expired' WHERE kind = 'charge' AND reference = 'tom-2026-03-01'`,
  ],
  [
    MONTHS,
    'a month that came to more',
    `UPDATE boon.billing_months SET charged = charged + 1 WHERE month = '2026-05-01'`,
  ],
  [
    MONTHS,
    'a member who is counted less',
    `UPDATE boon.billed_members SET charged = charged - 1 WHERE member_id = 'sue' AND month = '2026-05-01'`,
  ],
  [
    MONTHS,
    'a charge in another month',
    `ALTER TABLE boon.charges ${OPEN}; UPDATE boon.charges SET month = '2026-05-01' WHERE usage_id = 'sue-2026-04-01'`,
  ],
  [
    'billing months do not overlap',
    'a month that ends later',
    `UPDATE boon.billing_months SET ends_at = ends_at + interval '1 day', closed_at = closed_at + interval '1 day' WHERE month = '2026-04-01'`,
  ],
  [
    INVOICES,
    'an invoice of more credits',
    `UPDATE boon.invoices SET credits = credits + 1 WHERE month = '2026-04-01'`,
  ],
  [
    INVOICES,
    'an invoice of more money',
    `UPDATE boon.invoices SET amount = amount + 1 WHERE month = '2026-04-01'`,
  ],
  [
    INVOICES,
    'a month closed without an invoice',
    `UPDATE boon.billing_months SET closed_at = ends_at WHERE month = '2026-05-01'`,
  ],
  [
    INVOICES,
    'a month opened again',
    `UPDATE boon.billing_months SET closed_at = NULL WHERE month = '2026-04-01'`,
  ],
  [
    INVOICES,
    'a line that is gone',
    `ALTER TABLE boon.invoice_lines ${OPEN}; DELETE FROM boon.invoice_lines WHERE invoice_id = ${APRIL} AND line = 1`,
  ],
  [
    INVOICES,
    'a line of another product',
    `ALTER TABLE boon.invoice_lines ${OPEN}; UPDATE boon.invoice_lines SET product = 'video' WHERE invoice_id = ${APRIL} AND line = 1`,
  ],
  [
    INVOICES,
    'credits moved from one line to another',
    `ALTER TABLE boon.invoice_lines ${OPEN}; UPDATE boon.invoice_lines SET credits = credits + CASE line WHEN 1 THEN 5 ELSE -5 END WHERE invoice_id = ${APRIL}`,
  ],
  [
    PAID,
    'an invoice paid without money',
    `UPDATE boon.invoices SET status = 'paid', paid_at = due_at WHERE month = '2026-04-01'`,
  ],
  [PAID, 'a payment that is gone', `DELETE FROM boon.transfers WHERE kind = 'payment'`],
  [
    PAID,
    'a payment of another amount',
    `UPDATE boon.transfers SET amount = amount + 1 WHERE kind = 'payment'`,
  ],
  [
    MOVEMENTS,
    'an invoice nobody issued',
    `ALTER TABLE boon.invoice_movements ${OPEN}; DELETE FROM boon.invoice_movements WHERE kind = 'issued' AND invoice_id = ${APRIL}`,
  ],
  [
    MOVEMENTS,
    'an invoice nobody voided',
    `ALTER TABLE boon.invoice_movements ${OPEN}; DELETE FROM boon.invoice_movements WHERE kind = 'voided'`,
  ],
  [
    MOVEMENTS,
    'a credit note by somebody else',
    `ALTER TABLE boon.invoice_movements ${OPEN}; UPDATE boon.invoice_movements SET said_by = 'nobody' WHERE kind = 'credited' AND invoice_id = ${FEBRUARY}`,
  ],
  [
    TAKEN_BACK,
    'a correction whose transfer is gone',
    `DELETE FROM boon.transfers WHERE kind = 'correction' AND reference LIKE '%_2'`,
  ],
  [
    TAKEN_BACK,
    'a correction of another amount than its transfer',
    `UPDATE boon.transfers SET amount = amount - 1 WHERE kind = 'correction'`,
  ],
  [
    TAKEN_BACK,
    'revenue taken back by no correction',
    `ALTER TABLE boon.invoice_corrections ${OPEN}; ALTER TABLE boon.told_corrections ${OPEN};
     DELETE FROM boon.invoice_corrections WHERE id LIKE '%_2'`,
  ],
  [
    PAID,
    'revenue taken back twice',
    `INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
     SELECT phase, kind, debit_account, credit_account, amount, reference, effective_at FROM boon.transfers WHERE kind = 'correction' LIMIT 1`,
  ],
  [
    PAID,
    'a void invoice that is owed again',
    `UPDATE boon.invoices SET status = 'open', voided_at = NULL WHERE status = 'void'`,
  ],
  [
    CORRECTED,
    'an invoice void without a correction',
    `UPDATE boon.invoices SET status = 'void', voided_at = due_at WHERE month = '2026-04-01'`,
  ],
  [
    CORRECTED,
    'an invoice credited with more than its note',
    `UPDATE boon.invoices SET credited_amount = credited_amount + 1 WHERE month = '2026-02-01'`,
  ],
  [
    CORRECTED,
    'credits that are not what the coins are worth',
    `ALTER TABLE boon.invoice_corrections ${OPEN}; UPDATE boon.invoice_corrections SET amount = amount + 1 WHERE kind = 'credit'`,
  ],
  [
    CORRECTED,
    'a correction that the provider was never told of',
    `UPDATE boon.invoices SET provider_behind = false WHERE month = '2026-02-01'`,
  ],
  [MOVEMENTS, 'a mail that nobody sent', `UPDATE boon.invoices SET notice = NULL WHERE month = '2026-04-01'`],
];
