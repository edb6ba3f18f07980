/** Accounts for tests: established and verified, so that they may give, unless a test says otherwise. */
import type { BoonClient } from '../client/boon-client.ts';
import type { AccountPut } from '../contracts/accounts/account.schema.ts';
import type { GrantBody } from '../contracts/accounts/holding.schema.ts';

/** What to make of an account: any field of the API's, and credits to begin with. */
export type AccountSeed = Partial<AccountPut> & {
  /** Credits granted to it, as a decimal string; none when left out. */
  credits?: string;
  /** How they are granted. Default: purchased, so they may be given away, and without an expiry. */
  grant?: Partial<Pick<GrantBody, 'source' | 'expires_at' | 'giftable'>>;
};

const YEAR_MS = 365 * 86_400_000;

/** Makes the account, or changes it, and grants the credits. */
export async function seedAccount(
  client: BoonClient,
  id: string,
  { credits, grant, ...put }: AccountSeed,
  now: Date,
): Promise<void> {
  const established = new Date(now.getTime() - YEAR_MS).toISOString();
  await client.accounts.put(id, {
    plan: 'plus',
    created_at: established,
    identity_verified_at: established,
    ...put,
  });
  if (credits === undefined) return;
  await client.grants.create({
    account_id: id,
    amount: credits,
    source: 'purchased',
    expires_at: null,
    reason: 'seed of a test',
    ...grant,
  });
}
