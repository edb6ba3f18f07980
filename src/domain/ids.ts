/** Ids by kind. All are texts: an alias says which kind is meant, and any string may stand for one. */

/** An account: the caller's own id, 1 to 128 printable characters without space or slash. Boon's own begin with `boon:`. */
export type AccountId = string;

/** A gift: 1 to 64 letters, digits, `_` or `-`; the API makes them of `gft_` and an ordered id. */
export type GiftId = string;

/** A referral: `ref_` and an ordered id. */
export type ReferralId = string;

/** A banked reset: its number in the ledger, in decimal digits. */
export type ResetId = string;

/** A lot of credits: its number in the ledger, in decimal digits. */
export type LotId = string;

/** A campaign: 1 to 64 letters, digits, `_` or `-`; the API makes them of `cmp_` and an ordered id. */
export type CampaignId = string;

/** A purchase, or the charge of a top-up: `pur_` and an ordered id. */
export type PurchaseId = string;

/** A refund that Boon was asked for: `rfd_` and an ordered id. */
export type RefundId = string;

/** An invoice: `inv_` and 24 hexadecimal digits, derived from its organisation and month. */
export type InvoiceId = string;

/** A payment case: something at the payment provider that does not fit and waits for a person. */
export type PaymentCaseId = string;

/** An API key: `key_` and an ordered id; not the secret. */
export type ApiKeyId = string;
