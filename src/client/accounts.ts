/** `client.accounts` */
import type {
  Account,
  AccountFilter,
  AccountPatch,
  AccountPut,
} from '../contracts/accounts/account.schema.ts';
import type { Balance, Gifting, Movement } from '../contracts/accounts/holding.schema.ts';
import type { EligibilityView } from '../contracts/referrals/eligibility.schema.ts';
import type { Limits } from '../contracts/resets/reset.schema.ts';
import type { Caller, CallOptions, ChangeOptions, Tagged } from './caller.ts';
import { everyRow, type Page, type PageQuery } from './page.ts';

export type AccountQuery = PageQuery & AccountFilter;

export class Accounts {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** Creates or changes an account; what is left out stays as it is. */
  put(id: string, account: AccountPut, { ifMatch, ...options }: ChangeOptions = {}): Promise<Account> {
    return this.#call({ method: 'PUT', path: path(id), body: account, ifMatch }, options);
  }

  /** Changes what is named of an account that is there: `{ status: 'frozen' }` holds its open gifts. */
  change(id: string, change: AccountPatch, { ifMatch, ...options }: ChangeOptions = {}): Promise<Account> {
    return this.#call({ method: 'PATCH', path: path(id), body: change, ifMatch }, options);
  }

  /** A page of accounts, by their ids: all, or those of a plan, a status, a kind, a cohort, an organisation. */
  list(query: AccountQuery = {}, options?: CallOptions): Promise<Page<Account>> {
    return this.#call({ method: 'GET', path: '/v1/accounts', query }, options);
  }

  /** Every one of them, fetched page by page. */
  listAll(query: AccountQuery = {}, options?: CallOptions): AsyncGenerator<Account> {
    return everyRow((page) => this.list(page, options), query);
  }

  get(id: string, options?: CallOptions): Promise<Account> {
    return this.#call({ method: 'GET', path: path(id) }, options);
  }

  /** The same with its ETag: given as `ifMatch`, a change is made only if nobody has made another since. */
  getTagged(id: string, options?: CallOptions): Promise<Tagged<Account>> {
    return this.#call({ method: 'GET', path: path(id), tagged: true }, options);
  }

  /** What the account has: now, or at a past time (`as_of`, RFC 3339). */
  balance(id: string, query: { as_of?: string } = {}, options?: CallOptions): Promise<Balance> {
    return this.#call({ method: 'GET', path: `${path(id)}/balance`, query }, options);
  }

  /** A page of the account's movements, the latest first. */
  statement(id: string, query: PageQuery = {}, options?: CallOptions): Promise<Page<Movement>> {
    return this.#call({ method: 'GET', path: `${path(id)}/statement`, query }, options);
  }

  /** Every movement, the latest first, fetched page by page. */
  statementAll(id: string, query: PageQuery = {}, options?: CallOptions): AsyncGenerator<Movement> {
    return everyRow((page) => this.statement(id, page, options), query);
  }

  /** What the account has used of its plan, and the credits and banked resets that it can still use. */
  limits(id: string, options?: CallOptions): Promise<Limits> {
    return this.#call({ method: 'GET', path: `${path(id)}/limits` }, options);
  }

  /** Whether the account may invite into a program, and if not, why and what would change it. */
  eligibility(id: string, query: { program: string }, options?: CallOptions): Promise<EligibilityView> {
    return this.#call({ method: 'GET', path: `${path(id)}/eligibility`, query }, options);
  }

  /** Whether the account may give, how much, and if not, why and what would change it. */
  gifting(id: string, options?: CallOptions): Promise<Gifting> {
    return this.#call({ method: 'GET', path: `${path(id)}/gifting` }, options);
  }
}

function path(id: string): string {
  return `/v1/accounts/${encodeURIComponent(id)}`;
}
