/**
 * Where purchases are handed in, and where the provider's messages arrive: ledger first, then the process is signaled.
 */

import type { InvoiceNews } from '../../contracts/billing/invoice.ts';
import { BoonError } from '../../contracts/errors.ts';
import type { PackageList, PurchaseRequest } from '../../contracts/purchases/purchase.schema.ts';
import { type PaymentNews, type Purchase, purchaseWorkflowId } from '../../contracts/purchases/purchase.ts';
import type { CorrectRefunded, RefundRequest } from '../../contracts/purchases/refund.schema.ts';
import { type Refund, type RefundNews, refundWorkflowId } from '../../contracts/purchases/refund.ts';
import type { Page, PageRequest } from '../../ledger/postgres/page.ts';
import type { Recorded } from '../../ledger/postgres/recorded.ts';
import type { HeardPayment } from '../../ledger/purchases/purchases.ts';
import { type Principal, principalId } from '../callers/principal.ts';
import { createGiftTeller } from '../gifts/gift-teller.ts';
import { newId } from '../route/new-id.ts';
import type { ServerParts } from '../route/server-parts.ts';

export interface PurchaseDesk {
  buy(request: PurchaseRequest, key: string): Promise<Recorded<Purchase>>;
  refund(
    caller: Principal,
    purchaseId: string,
    request: RefundRequest,
    key: string,
  ): Promise<Recorded<Refund>>;
  show(caller: Principal, purchaseId: string): Promise<Purchase>;
  /** Corrects what is believed that the provider has given back. */
  correctRefunded(
    caller: Principal,
    purchaseId: string,
    request: CorrectRefunded,
    key: string,
  ): Promise<Recorded<Purchase>>;
  list(caller: Principal, accountId: string, page: PageRequest): Promise<Page<Purchase>>;
  packages(): Promise<PackageList>;
  /** Handles a raw webhook; returns whether it concerned us. */
  hear(body: Buffer, signature: string): Promise<boolean>;
}

export function createPurchaseDesk(parts: ServerParts): PurchaseDesk {
  const { ledger, payments, purchaseProcess, refundProcess, starts, clock } = parts;
  const tellGifts = createGiftTeller(parts);
  const now = () => clock().toISOString();

  return {
    async buy({ account_id, package: name, save_card }, key) {
      const provider = needed();
      const at = clock();
      const asked = { account_id, package: name, save_card };
      const begun = { key, at: at.toISOString(), id: newId('pur', at), ...asked };
      const { value, replayed } = await ledger.beginPurchase(begun);
      // On a replay too: so a caller's own retry heals a crash before the page was made.
      const waits = value.status === 'open' && value.checkout === null;
      const purchase = waits
        ? await ledger.noteCheckout(value.id, await provider.openCheckout(value), now())
        : value;
      starts.add(purchaseWorkflowId(value.id), 'start', async () =>
        // As it is by then: it may have been paid before the process runs.
        purchaseProcess.start(await ledger.findPurchase(value.id)),
      );
      return { value: purchase, replayed };
    },

    async refund(caller, purchase_id, { reason, amount, include_spent }, key) {
      needed();
      const at = clock();
      const recorded = await ledger.beginRefund({
        key,
        at: at.toISOString(),
        id: newId('rfd', at),
        purchase_id,
        reason,
        ...amount,
        include_spent,
        asked_by: principalId(caller),
      });
      const { value } = recorded;
      if (value.status === 'pending') {
        starts.add(refundWorkflowId(value.id), 'start', async () =>
          refundProcess.start(await ledger.findRefund(value.id)),
        );
      }
      tellGifts(value.account_id, at.toISOString());
      return recorded;
    },

    async show(caller, purchaseId) {
      const purchase = await ledger.findPurchase(purchaseId);
      if (caller.kind === 'user' && caller.accountId !== purchase.account_id) {
        // Worded like the ledger's refusal, so that an end user cannot tell another's purchase from none.
        throw new BoonError('not_found', `There is no purchase "${purchaseId}".`);
      }
      return shownTo(caller, purchase);
    },

    async correctRefunded(caller, id, { refunded: { amount, currency }, reason }, key) {
      const said = { key, at: now(), id, refunded: amount, currency, reason, said_by: principalId(caller) };
      const recorded = await ledger.correctRefunded(said);
      tellGifts(recorded.value.account_id, said.at);
      return recorded;
    },

    async list(caller, accountId, page) {
      const { data, next_cursor } = await ledger.listPurchases(accountId, page);
      return { data: data.map((purchase) => shownTo(caller, purchase)), next_cursor };
    },
    packages: () => ledger.packages(),

    async hear(body, signature) {
      const news = needed().readWebhook(body, signature, now());
      if (news === undefined) return false;
      if ('invoice_id' in news) return await heardOfInvoice(news);
      if (!('said' in news)) return await heardOfRefund(news);
      const heard = (await ledger.hearOfPayment(news)) ?? (await heardOfAnother(news));
      if (heard === undefined) return false;
      tell(heard);
      if (heard.changed) tellGifts(heard.purchase.account_id, news.at);
      return true;
    },
  };

  function needed() {
    if (payments === undefined) throw new BoonError('payments_off', 'No payment provider is set up.');
    return payments;
  }

  /** An invoice that is not ours is another system's on the same Stripe account: Stripe need not report it again. */
  async function heardOfInvoice(news: InvoiceNews): Promise<boolean> {
    return (await ledger.hearOfInvoice(news)) !== undefined;
  }

  /** Signaled on a repeat too: the first time may have ended between the ledger and here. */
  function tell({ purchase, case: opened }: Omit<HeardPayment, 'changed'>): void {
    const open = opened?.status === 'open' ? opened : undefined;
    starts.add(purchaseWorkflowId(purchase.id), `tell ${open?.id ?? ''}`, () =>
      purchaseProcess.changed(purchase, open),
    );
  }

  async function heardOfRefund(news: RefundNews): Promise<boolean> {
    const heard = (await ledger.hearOfRefund(news)) ?? (await heardOfAnotherRefund(news));
    if (heard === undefined) return false;
    const { refund } = heard;
    if (refund !== null) starts.add(refundWorkflowId(refund.id), 'tell', () => refundProcess.changed(refund));
    if (heard.changed) {
      tell({ purchase: heard.purchase, case: null });
      tellGifts(heard.purchase.account_id, news.at);
    }
    return true;
  }

  /** A dispute may come before the payment it is about: the payment itself says which purchase it is for. */
  async function heardOfAnother(news: PaymentNews) {
    const purchase_id = await purchaseNamedBy(news);
    return purchase_id === undefined ? undefined : await ledger.hearOfPayment({ ...news, purchase_id });
  }

  /** A refund that was made at the provider does not name the purchase, and may come before the payment, too. */
  async function heardOfAnotherRefund(news: RefundNews) {
    // Of another system on the same account at the provider.
    if (news.refund_id !== undefined) return undefined;
    const purchase_id = await purchaseNamedBy(news);
    return purchase_id === undefined ? undefined : await ledger.hearOfRefund({ ...news, purchase_id });
  }

  async function purchaseNamedBy({ payment_id, purchase_id }: PaymentNews | RefundNews) {
    if (payment_id === undefined || purchase_id !== undefined) return undefined;
    return await needed().purchaseOf(payment_id);
  }
}

/** What an operator wrote about a refund is not for the buyer. */
function shownTo(caller: Principal, purchase: Purchase): Purchase {
  if (caller.kind === 'service') return purchase;
  return { ...purchase, refunds: purchase.refunds.map((refund) => ({ ...refund, reason: null })) };
}
