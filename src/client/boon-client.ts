/** The client of Boon's HTTP API for backend services. */
import { Accounts } from './accounts.ts';
import { Activity } from './activity.ts';
import { ApiKeys } from './api-keys.ts';
import { type BoonClientOptions, createCaller } from './caller.ts';
import { Campaigns } from './campaigns.ts';
import { Grants } from './grants.ts';
import { Invoices } from './invoices.ts';
import { Policies } from './policies.ts';
import { Programs } from './programs.ts';
import { Purchases } from './purchases.ts';
import { Referrals } from './referrals.ts';
import { Resets } from './resets.ts';
import { StuckItems } from './stuck-items.ts';
import { Transfers } from './transfers.ts';
import { Usage } from './usage.ts';

/**
 * Calls Boon over HTTP. Network errors, overload and faults of the server are tried again with the same
 * idempotency key, so an operation happens once. Every method rejects with a `BoonApiError`,
 * or with the reason of the signal that ended it.
 *
 * @example
 * const boon = new BoonClient({ baseUrl: 'http://localhost:8080', apiKey });
 * const gift = await boon.transfers.create({ from: 'user_ada', to: { account_id: 'user_grace' }, amount: '40' });
 */
export class BoonClient {
  readonly accounts: Accounts;
  readonly grants: Grants;
  readonly resets: Resets;
  readonly transfers: Transfers;
  readonly campaigns: Campaigns;
  readonly purchases: Purchases;
  readonly referrals: Referrals;
  readonly activity: Activity;
  readonly programs: Programs;
  readonly usage: Usage;
  readonly invoices: Invoices;
  readonly policy: Policies;
  readonly stuck: StuckItems;
  readonly apiKeys: ApiKeys;

  constructor(options: BoonClientOptions) {
    const call = createCaller(options);
    this.accounts = new Accounts(call);
    this.grants = new Grants(call);
    this.resets = new Resets(call);
    this.transfers = new Transfers(call);
    this.campaigns = new Campaigns(call);
    this.purchases = new Purchases(call);
    this.referrals = new Referrals(call);
    this.activity = new Activity(call);
    this.programs = new Programs(call);
    this.usage = new Usage(call);
    this.invoices = new Invoices(call);
    this.policy = new Policies(call);
    this.stuck = new StuckItems(call);
    this.apiKeys = new ApiKeys(call);
  }
}
