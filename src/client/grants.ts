/** `client.grants` */
import type { GrantBody, Lot } from '../contracts/accounts/account.schema.ts';
import type { Caller, WriteOptions } from './caller.ts';

export class Grants {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** Grants credits to an account; answers with the new lot. */
  create(grant: GrantBody, { idempotencyKey, ...options }: WriteOptions = {}): Promise<Lot> {
    const key = idempotencyKey ?? crypto.randomUUID();
    return this.#call({ method: 'POST', path: '/v1/credits/grants', body: grant, key }, options);
  }
}
