/** Who is shown the links that stand for a person, and whole e-mail addresses. */
import { covers, type Scope } from '../../contracts/accounts/scopes.ts';
import type { Principal } from './principal.ts';

/** An address, and the token of the link that was sent to it, until it is used. */
type Addressed = { email: string; token: string | undefined };

/**
 * What a caller may see of it: an end user, of their own, and a service with the scope everything, another service that there
 * is an address. Whoever has the link can act as the person whom it was sent to.
 */
export function shownTo(
  caller: Principal,
  scope: Scope,
  address: Addressed | undefined,
): Addressed | undefined {
  if (address === undefined || caller.kind === 'user' || covers(caller.scopes, scope)) return address;
  return { email: masked(address.email), token: undefined };
}

/** `g***@example.com` */
function masked(email: string): string {
  const at = email.lastIndexOf('@');
  return `${[...email][0] ?? ''}***${email.slice(at)}`;
}
