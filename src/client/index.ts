/** `boon/client`: the typed client of Boon's HTTP API. */
export type {
  Account,
  AccountPut,
  Balance,
  Gifting,
  GrantBody,
  Lot,
  Movement,
} from '../contracts/account.schema.ts';
export type { ActivityBody } from '../contracts/activity.schema.ts';
export type { ApiKey, ApiKeyCreate, ApiKeyRotate, ApiKeyWithSecret } from '../contracts/api-key.schema.ts';
export type { CampaignAccount, CampaignBody } from '../contracts/campaign.schema.ts';
export type { Campaign } from '../contracts/campaign.ts';
export type { EligibilityView } from '../contracts/eligibility.schema.ts';
export type { ErrorCode, FieldError, LimitReached } from '../contracts/errors.ts';
export type { InvoiceWithLines } from '../contracts/invoice.schema.ts';
export type { Invoice, InvoiceCorrection, InvoiceLine } from '../contracts/invoice.ts';
export type { ProgramReport } from '../contracts/program-report.ts';
export type { PackageList, PurchaseRequest, TopUpPut } from '../contracts/purchase.schema.ts';
export type { Purchase, TopUp } from '../contracts/purchase.ts';
export type { LinkUsed, RaiseCap, ReferralRequest, ReferralView } from '../contracts/referral.schema.ts';
export type { RewardWindow } from '../contracts/referral.ts';
export type { RefundRequest } from '../contracts/refund.schema.ts';
export type { Refund } from '../contracts/refund.ts';
export type {
  GrantedResets,
  Limits,
  Redemption,
  Reset,
  ResetGrantBody,
  ResetList,
  Windows,
} from '../contracts/reset.schema.ts';
export type { GrantedScope, Scope } from '../contracts/scopes.ts';
export type { Transfer, TransferRequest } from '../contracts/transfer.schema.ts';
export type { Charge, Pool, Usage } from '../contracts/usage.schema.ts';
export { type AnyBoonApiError, BoonApiError, isBoonApiError } from './boon-api-error.ts';
export { BoonClient } from './boon-client.ts';
export type { BoonClientOptions, CallOptions, WriteOptions } from './caller.ts';
export type { Page, PageQuery } from './page.ts';
export type { ReportQuery } from './programs.ts';
export type { ReferralListQuery } from './referrals.ts';
export type { RedeemRequest } from './resets.ts';
export type { TransferListQuery } from './transfers.ts';
export type { UsageRequest } from './usage.ts';
