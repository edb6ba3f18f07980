/** Who is calling: a service with an API key, or an end user with a token. */

import type { GrantedScope } from '../../contracts/accounts/scopes.ts';
import { BoonError } from '../../contracts/errors.ts';

export type ServicePrincipal = {
  kind: 'service';
  keyId: string;
  name: string;
  scopes: readonly GrantedScope[];
};
export type UserPrincipal = {
  kind: 'user';
  accountId: string;
  /** Who signed in, where a Codex client's token says so. */
  person?: { id: string; email: string | null };
};
export type Principal = ServicePrincipal | UserPrincipal;

/** The text that stands for a caller in business keys, limits and the record of who did what. */
export function principalId(principal: Principal): string {
  return principal.kind === 'service' ? `key:${principal.keyId}` : `user:${principal.accountId}`;
}

/**
 * Lets an end user reach only their own account. Another's is `not_found`, worded as for an account
 * that does not exist.
 */
export function requireOwnAccount(principal: Principal, accountId: string): void {
  if (principal.kind === 'user' && principal.accountId !== accountId) throw accountNotFound(accountId);
}

/** The refusal for an account that is not there, or not the caller's. */
export function accountNotFound(accountId: string): BoonError {
  return new BoonError('not_found', `There is no account "${accountId}".`);
}
