/** An account out of the ledger's words for it. */
import type { Account } from '../../contracts/accounts/account.schema.ts';
import type { AddressVault } from '../postgres/address-vault.ts';
import { instant, instantOrNull } from '../postgres/rows.ts';

/** An account as its owner described it, whatever the time. */
export type StoredAccount = Omit<Account, 'billing_month' | 'billing_day_from'>;

/** What `boon_code.account_view` says. */
export type AccountView = Omit<Account, 'email'> & { email_sealed: string | null };

export function toAccount(
  { billing_month, billing_day_from, ...stored }: AccountView,
  vault: AddressVault,
): Account {
  return {
    ...toStored(stored, vault),
    billing_month: { starts_at: instant(billing_month.starts_at), ends_at: instant(billing_month.ends_at) },
    billing_day_from: instantOrNull(billing_day_from),
  };
}

/** The same without what depends on the time. */
export function toStored(
  { email_sealed, ...view }: Omit<AccountView, 'billing_month' | 'billing_day_from'>,
  vault: AddressVault,
): StoredAccount {
  return {
    ...view,
    email: email_sealed === null ? null : vault.open(Buffer.from(email_sealed, 'hex')),
    created_at: instant(view.created_at),
    identity_verified_at: instantOrNull(view.identity_verified_at),
    last_active_at: instantOrNull(view.last_active_at),
  };
}
