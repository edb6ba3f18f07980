/** Purchases, what payments make of them, and automatic top-ups. */
import type { ErrorCode } from '../../contracts/error-codes.ts';
import { BoonError, type FieldError } from '../../contracts/errors.ts';
import type { PaymentCase } from '../../contracts/purchases/payment-case.ts';
import type { PackageList, TopUpPut } from '../../contracts/purchases/purchase.schema.ts';
import type { PaymentNews, Purchase, TopUp } from '../../contracts/purchases/purchase.ts';
import type { AccountId, PurchaseId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { AddressVault } from '../postgres/address-vault.ts';
import { makeArrayCall } from '../postgres/array-call.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import type { Recorded, Write } from '../postgres/recorded.ts';
import { inputHash } from '../postgres/recorded.ts';
import { instantOrNull } from '../postgres/rows.ts';
import { type CreditReminders, makeCreditReminders } from './credit-reminders.ts';
import { makePaymentCases, type PaymentCases, toCase } from './payment-cases.ts';
import { makeProviderDifferences, type ProviderDifferences } from './provider-differences.ts';
import {
  findPurchase,
  listPackages,
  listPurchases,
  openPurchases,
  paidPurchases,
  toPurchase,
} from './read-purchases.ts';

export type BuyRequest = Write & {
  id: PurchaseId;
  account_id: AccountId;
  package: string;
  save_card?: boolean | undefined;
};

/** No method reads a clock; refusals are BoonErrors. */
export interface Purchases extends CreditReminders, PaymentCases, ProviderDifferences {
  /** Writes down what is to be bought, at the price of the policy in use. Under a known key: as it stands now. */
  beginPurchase(request: BuyRequest): Promise<Recorded<Purchase>>;
  /** Remembers the provider's page; the first one stays. */
  noteCheckout(purchaseId: PurchaseId, checkout: { id: string; url: string }, at: Instant): Promise<Purchase>;
  /**
   * Takes in what is said of a payment: paid gives the credits or resets at once, refunds and disputes take back what is
   * left and note a debt for the rest. A payment that does not fit moves nothing and is a `case`. `changed` is false for
   * what was known. Undefined: there is no such purchase.
   */
  hearOfPayment(news: PaymentNews): Promise<HeardPayment | undefined>;
  findPurchase(purchaseId: PurchaseId): Promise<Purchase>;
  /** The latest first. */
  listPurchases(accountId: AccountId, page: PageRequest): Promise<Page<Purchase>>;
  /** Those that wait for their payment, begun before `before`, for `reconcile`. */
  openPurchases(before: Instant, page: PageRequest): Promise<Page<Purchase>>;
  /** Those paid from `since` on and before `before`, for `reconcile`. */
  paidPurchases(since: Instant, before: Instant, page: PageRequest): Promise<Page<Purchase>>;
  /** What the policy in use sells. */
  packages(): Promise<PackageList>;

  topUp(accountId: AccountId, at: Instant): Promise<TopUp>;
  /** Notes the owner's consent to top-ups under the policy in use, or with null its end. */
  putTopUp(accountId: AccountId, put: TopUpPut | null, by: string, at: Instant): Promise<TopUp>;
  /**
   * Writes down the purchase of a top-up, if one is due; undefined when none is. One at a time, within the cap, of the
   * package at the price consented to. What keeps one that is wanted is told by an event, once.
   */
  beginTopUp(accountId: AccountId, id: PurchaseId, at: Instant): Promise<Purchase | undefined>;
  /** Accounts that a top-up is due for, or that are to be told what keeps it, in order from behind `after`. */
  dueTopUps(at: Instant, limit: number, after?: AccountId): Promise<AccountId[]>;
  /** The provider's customer whose card a top-up charges, while the consent to just that package at that price holds. */
  topUpCustomer(purchaseId: PurchaseId): Promise<string | undefined>;
}

export type HeardPayment = { purchase: Purchase; changed: boolean; case: PaymentCase | null };

export function makePurchases(
  database: Database,
  vault: AddressVault,
  policyVersion: () => string,
): Purchases {
  const begin = makeArrayCall<BuyRequest, { purchase: Purchase }>(database, {
    name: 'begin_purchases',
    text: `SELECT i, replayed, CASE WHEN result ? 'purchase'
        THEN jsonb_build_object('purchase', boon_code.with_payment(result -> 'purchase')) ELSE result END AS result
      FROM boon_code.begin_purchases($1, $2)`,
    values: () => [policyVersion()],
    toRow: ({ key, at, id, ...asked }, i) => ({ i, key, at, id, input_hash: inputHash(asked), ...asked }),
  });
  return {
    ...makeCreditReminders(database, vault),
    ...makePaymentCases(database),
    ...makeProviderDifferences(database),
    async beginPurchase(request) {
      const { value, replayed } = await begin(request);
      return { value: toPurchase(value.purchase), replayed };
    },
    async noteCheckout(id, checkout, at) {
      const text = 'SELECT boon_code.note_checkout($1, $2, $3, $4) AS purchase';
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
      const text = 'SELECT boon_code.hear_of_payment($1) AS heard';
      const row = await queryRow<{ heard: HeardPayment | null }>(database, 'hear_of_payment', text, [
        JSON.stringify(news),
      ]);
      if (row?.heard == null) return undefined;
      const { purchase, changed, case: opened } = row.heard;
      return { purchase: toPurchase(purchase), changed, case: opened === null ? null : toCase(opened) };
    },
    findPurchase: (id) => findPurchase(database, id),
    listPurchases: (accountId, page) => listPurchases(database, accountId, page),
    openPurchases: (before, page) => openPurchases(database, before, page),
    paidPurchases: (since, before, page) => paidPurchases(database, since, before, page),
    packages: () => listPackages(database, policyVersion()),
    async topUp(accountId, at) {
      const text = 'SELECT boon_code.top_up_view($1, $2, $3) AS top_up';
      const values = [policyVersion(), accountId, at];
      const row = await queryRow<{ top_up: TopUp | null }>(database, 'top_up', text, values);
      if (row?.top_up == null) throw new BoonError('not_found', `There is no account "${accountId}".`);
      return toTopUp(row.top_up);
    },
    async putTopUp(accountId, put, by, at) {
      const text = 'SELECT boon_code.put_top_up($1, $2, $3, $4, $5) AS answer';
      const values = [policyVersion(), accountId, put === null ? null : JSON.stringify(put), by, at];
      const row = await queryRow<{ answer: TopUpAnswer }>(database, 'put_top_up', text, values);
      const answer = row?.answer;
      if (answer === undefined) throw new BoonError('internal', 'The ledger gave no answer.');
      if ('code' in answer) throw new BoonError(answer.code, answer.detail, { errors: answer.errors });
      return toTopUp(answer.top_up);
    },
    async beginTopUp(accountId, id, at) {
      const text = 'SELECT boon_code.begin_top_up($1, $2, $3, $4) AS purchase';
      const values = [policyVersion(), id, accountId, at];
      const row = await queryRow<{ purchase: Purchase | null }>(database, 'begin_top_up', text, values);
      return row?.purchase == null ? undefined : toPurchase(row.purchase);
    },
    async dueTopUps(at, limit, after = '') {
      const text = 'SELECT boon_code.due_top_ups($1, $2, $3, $4) AS id';
      const values = [policyVersion(), at, after, limit];
      return (await queryRows<{ id: string }>(database, 'due_top_ups', text, values)).map(({ id }) => id);
    },
    async topUpCustomer(purchaseId) {
      const text = 'SELECT boon_code.top_up_customer($1) AS customer';
      const row = await queryRow<{ customer: string | null }>(database, 'top_up_customer', text, [
        purchaseId,
      ]);
      return row?.customer ?? undefined;
    },
  };
}

type TopUpAnswer = { top_up: TopUp } | { code: ErrorCode; detail: string; errors?: FieldError[] | undefined };

function toTopUp(view: TopUp): TopUp {
  return {
    ...view,
    consented_at: instantOrNull(view.consented_at),
    paused_until: instantOrNull(view.paused_until),
    blocked_until: instantOrNull(view.blocked_until),
  };
}
