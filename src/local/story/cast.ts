import { randomBytes } from 'node:crypto';
import type { BoonClient } from '../../client/boon-client.ts';

/** The accounts of one playing of the story, by name. Their ids are new each time. */
export interface Cast {
  readonly ada: Person;
  readonly grace: Person;
  readonly linus: Person;
  readonly hedy: Person;
  readonly katherine: Person;
}

/** One account of the story. */
export interface Person {
  readonly name: string;
  readonly id: string;
  readonly email: string;
}

const YEAR_MS = 365 * 86_400_000;

/** Makes the accounts: Ada with 100 credits to give, Linus with 20 but not identity-verified, the others with none. */
export async function seedCast(client: BoonClient): Promise<Cast> {
  const run = randomBytes(3).toString('hex');
  const established = new Date(Date.now() - YEAR_MS).toISOString();
  const seed = async (name: string, credits?: string, identity_verified_at: string | null = established) => {
    const id = `${name.toLowerCase()}_${run}`;
    const email = `${id}@example.com`;
    await client.accounts.put(id, { plan: 'plus', email, created_at: established, identity_verified_at });
    if (credits !== undefined) {
      const lot = { amount: credits, source: 'purchased', reason: 'bought for the story' } as const;
      await client.grants.create({ account_id: id, ...lot });
    }
    return { name, id, email };
  };
  return {
    ada: await seed('Ada', '100'),
    grace: await seed('Grace'),
    linus: await seed('Linus', '20', null),
    hedy: await seed('Hedy'),
    katherine: await seed('Katherine'),
  };
}
