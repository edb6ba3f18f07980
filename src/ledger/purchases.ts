/** Purchases, what payments make of them, and automatic top-ups. */
import { BoonError, type ErrorCode, type FieldError } from '../contracts/errors.ts';
import type { PackageList, TopUpPut } from '../contracts/purchase.schema.ts';
import type { PaymentNews, Purchase, TopUp } from '../contracts/purchase.ts';
import type { AddressVault } from './address-vault.ts';
import { makeArrayCall } from './array-call.ts';
import { type CreditReminders, makeCreditReminders } from './credit-reminders.ts';
import { type Database, queryRow, queryRows } from './database.ts';
import type { Page, PageRequest, Recorded, Write } from './ledger.ts';
import { findPurchase, listPackages, listPurchases, openPurchases, toPurchase } from './read-purchases.ts';
import { inputHash } from './recorded.ts';
import { instantOrNull } from './rows.ts';

export type BuyRequest = Write & {
  id: string;
  account_id: string;
  package: string;
  save_card?: boolean | undefined;
};

/** No method reads a clock; refusals are BoonErrors. */
export interface Purchases extends CreditReminders {
  /** Writes down what is to be bought, at the price of the policy in use. Under a known key: as it stands now. */
  beginPurchase(request: BuyRequest): Promise<Recorded<Purchase>>;
  /** Remembers the provider's page; the first one stays. */
  noteCheckout(purchaseId: string, checkout: { id: string; url: string }, at: string): Promise<Purchase>;
  /**
   * Takes in what is said of a payment: paid gives the credits or resets at once, refunds and disputes take back what is
   * left and note a debt for the rest. `changed` is false for what was known. Undefined: there is no such purchase.
   */
  hearOfPayment(news: PaymentNews): Promise<{ purchase: Purchase; changed: boolean } | undefined>;
  findPurchase(purchaseId: string): Promise<Purchase>;
  /** The latest first. */
  listPurchases(accountId: string, page: PageRequest): Promise<Page<Purchase>>;
  /** Those that wait for their payment, begun before `before`, for `reconcile`. */
  openPurchases(before: string, page: PageRequest): Promise<Page<Purchase>>;
  /** What the policy in use sells. */
  packages(): Promise<PackageList>;

  topUp(accountId: string, at: string): Promise<TopUp>;
  /** Notes the owner's consent to top-ups under the policy in use, or with null its end. */
  putTopUp(accountId: string, put: TopUpPut | null, by: string, at: string): Promise<TopUp>;
  /** Writes down the purchase of a top-up, if one is due; undefined when none is. One at a time, within the cap. */
  beginTopUp(accountId: string, id: string, at: string): Promise<Purchase | undefined>;
  /** Accounts that a top-up is due for, in order from behind `after`. */
  dueTopUps(at: string, limit: number, after?: string): Promise<string[]>;
  /** The provider's customer whose card top-ups charge, while the consent to them holds. */
  topUpCustomer(accountId: string): Promise<string | undefined>;
}

export function makePurchases(
  database: Database,
  vault: AddressVault,
  policyVersion: () => string,
): Purchases {
  const begin = makeArrayCall<BuyRequest, { purchase: Purchase }>(database, {
    name: 'begin_purchases',
    text: 'SELECT i, replayed, result FROM boon.begin_purchases($1, $2)',
    values: () => [policyVersion()],
    toRow: ({ key, at, id, ...asked }, i) => ({ i, key, at, id, input_hash: inputHash(asked), ...asked }),
  });
  return {
    ...makeCreditReminders(database, vault),
    async beginPurchase(request) {
      const { value, replayed } = await begin(request);
      return { value: toPurchase(value.purchase), replayed };
    },
    async noteCheckout(id, checkout, at) {
      const text = 'SELECT boon.note_checkout($1, $2, $3, $4) AS purchase';
      const row = await queryRow<{ purchase: Purchase | null }>(database, 'note_checkout', text, [
        id,
        checkout.id,
        checkout.url,
        at,
      ]);
      if (row?.purchase == null) throw new BoonError('not_found', `There is no purchase "${id}".`);
      return toPurchase(row.purchase);
    },
    async hearOfPayment(news) {
      const text = 'SELECT boon.hear_of_payment($1) AS heard';
      const row = await queryRow<{ heard: { purchase: Purchase; changed: boolean } | null }>(
        database,
        'hear_of_payment',
        text,
        [JSON.stringify(asMoneyCame(news))],
      );
      if (row?.heard == null) return undefined;
      return { purchase: toPurchase(row.heard.purchase), changed: row.heard.changed };
    },
    findPurchase: (id) => findPurchase(database, id),
    listPurchases: (accountId, page) => listPurchases(database, accountId, page),
    openPurchases: (before, page) => openPurchases(database, before, page),
    packages: () => listPackages(database, policyVersion()),
    async topUp(accountId, at) {
      const text = 'SELECT boon.top_up_view($1, $2) AS top_up';
      const row = await queryRow<{ top_up: TopUp | null }>(database, 'top_up', text, [accountId, at]);
      if (row?.top_up == null) throw new BoonError('not_found', `There is no account "${accountId}".`);
      return toTopUp(row.top_up);
    },
    async putTopUp(accountId, put, by, at) {
      const text = 'SELECT boon.put_top_up($1, $2, $3, $4, $5) AS answer';
      const values = [policyVersion(), accountId, put === null ? null : JSON.stringify(put), by, at];
      const row = await queryRow<{ answer: TopUpAnswer }>(database, 'put_top_up', text, values);
      const answer = row?.answer;
      if (answer === undefined) throw new BoonError('internal', 'The ledger gave no answer.');
      if ('code' in answer) throw new BoonError(answer.code, answer.detail, { errors: answer.errors });
      return toTopUp(answer.top_up);
    },
    async beginTopUp(accountId, id, at) {
      const text = 'SELECT boon.begin_top_up($1, $2, $3, $4) AS purchase';
      const values = [policyVersion(), id, accountId, at];
      const row = await queryRow<{ purchase: Purchase | null }>(database, 'begin_top_up', text, values);
      return row?.purchase == null ? undefined : toPurchase(row.purchase);
    },
    async dueTopUps(at, limit, after = '') {
      const text = 'SELECT boon.due_top_ups($1, $2, $3, $4) AS id';
      const values = [policyVersion(), at, after, limit];
      return (await queryRows<{ id: string }>(database, 'due_top_ups', text, values)).map(({ id }) => id);
    },
    async topUpCustomer(accountId) {
      const text =
        'SELECT c.customer_id FROM boon.payment_customers c JOIN boon.top_ups t USING (account_id) WHERE c.account_id = $1';
      const row = await queryRow<{ customer_id: string }>(database, 'top_up_customer', text, [accountId]);
      return row?.customer_id;
    },
  };
}

/** A payment of nothing pays for nothing: what it was for is not paid, and nothing is given. */
function asMoneyCame(news: PaymentNews): PaymentNews {
  if (news.said !== 'paid' || news.amount === undefined || news.amount > 0) return news;
  const { amount: _amount, customer_id: _customer, ...rest } = news;
  return { ...rest, said: 'failed', reason_code: 'nothing_was_paid' };
}

type TopUpAnswer = { top_up: TopUp } | { code: ErrorCode; detail: string; errors?: FieldError[] | undefined };

function toTopUp(view: TopUp): TopUp {
  return {
    ...view,
    consented_at: instantOrNull(view.consented_at),
    paused_until: instantOrNull(view.paused_until),
  };
}
