/** `client.policy` */
import type { VersionedPolicy } from '../domain/policy.ts';
import type { Caller, CallOptions } from './caller.ts';

export class Policies {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** The policy in use, with its version: limits, plans, the rate card, packages and programs. */
  get(options?: CallOptions): Promise<VersionedPolicy> {
    return this.#call({ method: 'GET', path: '/v1/policy' }, options);
  }
}
