/** The accounts' part of the ledger. */
import type {
  Account,
  AccountFilter,
  AccountPatch,
  AccountPut,
} from '../../contracts/accounts/account.schema.ts';
import type { Balance, Gifting, Movement } from '../../contracts/accounts/holding.schema.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { AddressVault } from '../postgres/address-vault.ts';
import type { Database } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import { makeNameOf } from './account-names.ts';
import type { StoredAccount } from './account-view.ts';
import {
  balance,
  changeAccount,
  findAccount,
  gifting,
  type IfMatch,
  type PutAccount,
  putAccount,
  showAccount,
  statement,
  type TaggedAccount,
} from './accounts.ts';
import { listAccounts } from './list-accounts.ts';

export type Accounts = {
  /**
   * Creates or changes an account. Freezing holds its open gifts, unfreezing releases those. A billing day that moves is in
   * force from the end of the running month on.
   * @throws BoonError `precondition_failed` when it is not what `ifMatch` says; `validation_failed` when it would be invoiced and may not, or would belong to what is no organisation.
   */
  putAccount(id: AccountId, put: AccountPut, at: Instant, ifMatch?: IfMatch): Promise<PutAccount>;
  /** The same for an account that is there, of which only what is named changes. @throws BoonError `not_found` */
  changeAccount(id: AccountId, patch: AccountPatch, at: Instant, ifMatch?: IfMatch): Promise<TaggedAccount>;
  /** Accounts by their ids, with the billing months that run at `at`. */
  listAccounts(filter: AccountFilter, page: PageRequest, at: Instant): Promise<Page<Account>>;
  findAccount(id: AccountId): Promise<StoredAccount>;
  /** What an account is called; null when it has no name, or there is none. */
  nameOf(id: AccountId): Promise<string | null>;
  /** The same with the billing month that runs at `at`. */
  showAccount(id: AccountId, at: Instant): Promise<TaggedAccount>;
  /** The balance at `at` (now), or with `asOf` at that past moment. */
  balance(accountId: AccountId, at: Instant, asOf?: Instant): Promise<Balance>;
  statement(accountId: AccountId, page: PageRequest): Promise<Page<Movement>>;
  gifting(accountId: AccountId, at: Instant): Promise<Gifting>;
};

/** @param policyVersion that gifts are judged under now */
export function makeAccounts(database: Database, vault: AddressVault, policyVersion: () => string): Accounts {
  return {
    putAccount: (id, put, at, ifMatch) => putAccount(database, vault, id, put, at, ifMatch),
    changeAccount: (id, patch, at, ifMatch) => changeAccount(database, vault, id, patch, at, ifMatch),
    listAccounts: (filter, page, at) => listAccounts(database, vault, filter, page, at),
    findAccount: (id) => findAccount(database, vault, id),
    nameOf: makeNameOf(database),
    showAccount: (id, at) => showAccount(database, vault, id, at),
    balance: (id, at, asOf) => balance(database, id, at, asOf),
    statement: (id, page) => statement(database, id, page),
    gifting: (id, at) => gifting(database, id, policyVersion(), at),
  };
}
