import pg from 'pg';
import type { BoonHarness } from '../../../src/testing/index.ts';

/** When the ledger says that something of this type happened to this subject. */
export async function eventTimes(boon: BoonHarness, type: string, subject: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: boon.databaseUrl });
  await client.connect();
  try {
    const text = 'SELECT effective_at FROM boon.events WHERE type = $1 AND subject = $2 ORDER BY seq';
    const { rows } = await client.query<{ effective_at: Date }>(text, [type, subject]);
    return rows.map(({ effective_at }) => effective_at.toISOString());
  } finally {
    await client.end();
  }
}
