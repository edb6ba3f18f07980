/** `client.campaigns`: bulk grants and resets. For operators. */

import type { CampaignAccount, CampaignBody } from '../contracts/campaigns/campaign.schema.ts';
import type { Campaign } from '../contracts/campaigns/campaign.ts';
import type { CampaignAction } from '../domain/campaign.ts';
import type { Caller, CallOptions, WriteOptions } from './caller.ts';
import { everyRow, type Page, type PageQuery } from './page.ts';

export class Campaigns {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** Begins a campaign over the accounts that exist now. It runs on its own; {@link get} says how far it is. */
  create(campaign: CampaignBody, { idempotencyKey, ...options }: WriteOptions = {}): Promise<Campaign> {
    const key = idempotencyKey ?? crypto.randomUUID();
    return this.#call({ method: 'POST', path: '/v1/campaigns', body: campaign, key }, options);
  }

  /** How far it is: granted, excluded by reason, remaining. */
  get(id: string, options?: CallOptions): Promise<Campaign> {
    return this.#call({ method: 'GET', path: path(id) }, options);
  }

  /** A page of campaigns, the latest first. */
  list(query: PageQuery = {}, options?: CallOptions): Promise<Page<Campaign>> {
    return this.#call({ method: 'GET', path: '/v1/campaigns', query }, options);
  }

  /** Every campaign, fetched page by page. */
  listAll(query: PageQuery = {}, options?: CallOptions): AsyncGenerator<Campaign> {
    return everyRow((page) => this.list(page, options), query);
  }

  /** What it did for an account, and if nothing, why. End users may ask for their own account. */
  account(id: string, accountId: string, options?: CallOptions): Promise<CampaignAccount> {
    return this.#call(
      { method: 'GET', path: `${path(id)}/accounts/${encodeURIComponent(accountId)}` },
      options,
    );
  }

  /** No account is granted until it is resumed. */
  pause(id: string, body: { reason?: string } = {}, options: WriteOptions = {}): Promise<Campaign> {
    return this.#act(id, 'pause', body, options);
  }

  /** Continues after the last account that it did. */
  resume(id: string, body: { reason?: string } = {}, options: WriteOptions = {}): Promise<Campaign> {
    return this.#act(id, 'resume', body, options);
  }

  /** Ends it here; what was granted stays. */
  cancel(id: string, body: { reason?: string } = {}, options: WriteOptions = {}): Promise<Campaign> {
    return this.#act(id, 'cancel', body, options);
  }

  #act(
    id: string,
    action: CampaignAction,
    body: object,
    { idempotencyKey, ...options }: WriteOptions,
  ): Promise<Campaign> {
    const key = idempotencyKey ?? crypto.randomUUID();
    return this.#call({ method: 'POST', path: `${path(id)}/${action}`, body, key }, options);
  }
}

function path(id: string): string {
  return `/v1/campaigns/${encodeURIComponent(id)}`;
}
