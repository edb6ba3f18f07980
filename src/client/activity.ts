/** `client.activity` */
import type { ActivityAccepted, ActivityBody } from '../contracts/referrals/activity.schema.ts';
import type { Caller, CallOptions } from './caller.ts';

export class Activity {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** Reports a login or a prompt. It counts once by its `id`, in whatever order events arrive. */
  record(event: ActivityBody, options?: CallOptions): Promise<ActivityAccepted> {
    return this.#call({ method: 'POST', path: '/v1/activity', body: event }, options);
  }
}
