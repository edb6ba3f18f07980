/** `boon/client`: the typed client of Boon's HTTP API. */
export type { Account, AccountPatch, AccountPut } from '../contracts/accounts/account.schema.ts';
export type {
  ApiKey,
  ApiKeyCreate,
  ApiKeyRotate,
  ApiKeyWithSecret,
} from '../contracts/accounts/api-key.schema.ts';
export type {
  Balance,
  Gifting,
  Grant,
  GrantBody,
  Lot,
  Movement,
} from '../contracts/accounts/holding.schema.ts';
export type { GrantedScope, Scope } from '../contracts/accounts/scopes.ts';
export type { InvoiceWithLines } from '../contracts/billing/invoice.schema.ts';
export type { Invoice, InvoiceCorrection, InvoiceLine } from '../contracts/billing/invoice.ts';
export type { CampaignAccount, CampaignBody } from '../contracts/campaigns/campaign.schema.ts';
export type { Campaign } from '../contracts/campaigns/campaign.ts';
export type { ErrorCode } from '../contracts/error-codes.ts';
export type { FieldError, LimitReached } from '../contracts/errors.ts';
export type { Transfer, TransferRequest } from '../contracts/gifts/transfer.schema.ts';
export type { Money } from '../contracts/money.schema.ts';
export type { PackageList, PurchaseRequest, TopUpPut } from '../contracts/purchases/purchase.schema.ts';
export type { Purchase, TopUp } from '../contracts/purchases/purchase.ts';
export type { RefundRequest } from '../contracts/purchases/refund.schema.ts';
export type { Refund } from '../contracts/purchases/refund.ts';
export type { ActivityBody } from '../contracts/referrals/activity.schema.ts';
export type { EligibilityView } from '../contracts/referrals/eligibility.schema.ts';
export type { Program } from '../contracts/referrals/program.schema.ts';
export type { ProgramReport } from '../contracts/referrals/program-report.ts';
export type {
  LinkUsed,
  RaiseCap,
  ReferralRequest,
  ReferralView,
  RewardWindowView,
} from '../contracts/referrals/referral.schema.ts';
export type {
  GrantedResets,
  Limits,
  Redemption,
  Reset,
  ResetGrantBody,
  Windows,
} from '../contracts/resets/reset.schema.ts';
export type { Charge, Pool, Usage } from '../contracts/usage/usage.schema.ts';
export { type AnyBoonApiError, BoonApiError, isBoonApiError } from './boon-api-error.ts';
export { BoonClient } from './boon-client.ts';
export type { BoonClientOptions, CallOptions, ChangeOptions, Tagged, WriteOptions } from './caller.ts';
export type { GrantListQuery } from './grants.ts';
export type { InvoiceSearchQuery } from './invoices.ts';
export type { Page, PageQuery } from './page.ts';
export type { ReportQuery } from './programs.ts';
export type { ReferralListQuery, ReferralSearchQuery } from './referrals.ts';
export type { RedeemRequest } from './resets.ts';
export type { TransferListQuery } from './transfers.ts';
export type { UsageRequest } from './usage.ts';
