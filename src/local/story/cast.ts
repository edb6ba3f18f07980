import { randomBytes } from 'node:crypto';
import type { BoonClient } from '../../client/boon-client.ts';

/** The program into which the story invites. */
export const PROGRAM = 'codex-selective';

/** The accounts of one playing of the story, by name. Their ids are new each time. */
export interface Cast {
  readonly ada: Person;
  readonly grace: Person;
  readonly linus: Person;
  readonly hedy: Person;
  readonly katherine: Person;
  /** The cohort that Ada was chosen into, and the friends whom she will invite. */
  readonly cohort: string;
  readonly friends: Friends;
}

/** One account of the story. */
export interface Person {
  readonly name: string;
  readonly id: string;
  readonly email: string;
}

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

/** People who are not customers, or have not been for long. */
export interface Friends {
  /** No account yet. */
  readonly mary: Person;
  readonly barbara: Person;
  readonly frances: Person;
  /** Was away for 63 days. */
  readonly alan: Person;
  /** Was away for 62 days, less a minute. */
  readonly edsger: Person;
}

/** Makes the accounts: Ada with 100 credits to give, Linus with 20 but not identity-verified, the others with none. */
export async function seedCast(client: BoonClient): Promise<Cast> {
  const run = randomBytes(3).toString('hex');
  const established = new Date(Date.now() - YEAR_MS).toISOString();
  const cohort = `story-${run}`;
  const person = (name: string): Person => {
    const id = `${name.toLowerCase()}_${run}`;
    return { name, id, email: `${id}@example.com` };
  };
  const seed = async (name: string, credits?: string, identity_verified_at: string | null = established) => {
    const { id, email } = person(name);
    const about = { plan: 'plus', email, created_at: established, identity_verified_at } as const;
    await client.accounts.put(id, { ...about, cohorts: [PROGRAM, cohort] });
    if (credits !== undefined) {
      const lot = { amount: credits, source: 'purchased', reason: 'bought for the story' } as const;
      await client.grants.create({ account_id: id, ...lot });
    }
    return { name, id, email };
  };
  const away = async (name: string, awayMs: number) => {
    const { id, email } = person(name);
    const last_active_at = new Date(Date.now() - awayMs).toISOString();
    await client.accounts.put(id, { plan: 'free', email, created_at: established, last_active_at });
    return { name, id, email };
  };
  return {
    ada: await seed('Ada', '100'),
    grace: await seed('Grace'),
    linus: await seed('Linus', '20', null),
    hedy: await seed('Hedy'),
    katherine: await seed('Katherine'),
    cohort,
    friends: {
      mary: person('Mary'),
      barbara: person('Barbara'),
      frances: person('Frances'),
      alan: await away('Alan', 63 * DAY_MS),
      edsger: await away('Edsger', 62 * DAY_MS - 60_000),
    },
  };
}
