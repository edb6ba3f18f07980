/** Refunds as the server asks for them and the provider's messages tell of them, for tests of the ledger. */
import type { Refund, RefundNews } from '../../src/contracts/purchases/refund.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { AskedRefund } from '../../src/ledger/purchases/refunds.ts';
import { newKey, START } from './test-ledger.ts';

let serial = 0;
function newRefundId(): string {
  serial += 1;
  return `rfd_test${String(serial).padStart(8, '0')}`;
}

/** What is asked for, of all that is left unless `more` says so. */
export function refundOf(purchase: { id: string }, more: Partial<AskedRefund> = {}): AskedRefund {
  const asked = { key: newKey('refund'), at: START, id: newRefundId(), purchase_id: purchase.id };
  return { ...asked, reason: 'bought twice', asked_by: 'mia', ...more };
}

export async function askRefund(
  ledger: Ledger,
  purchase: { id: string },
  more: Partial<AskedRefund> = {},
): Promise<Refund> {
  return (await ledger.beginRefund(refundOf(purchase, more))).value;
}

/** What the provider says of a refund; answers how the refund stands then. */
export async function hearOfRefund(
  ledger: Ledger,
  { id }: { id: string },
  status: RefundNews['status'],
  more: Partial<RefundNews> = {},
): Promise<Refund> {
  const news = { at: START, refund_id: id, provider_id: `re_${id}`, status, ...more };
  const heard = await ledger.hearOfRefund(news);
  if (heard === undefined || heard.refund === null) throw new Error('There is no such refund');
  return heard.refund;
}
