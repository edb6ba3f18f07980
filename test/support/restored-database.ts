/** A test's database as it was at an earlier time, put back in its place as a restore does. */
import pg from 'pg';
import { inject } from 'vitest';
import { createDatabase, dropDatabase } from '../../src/local/postgres.ts';

export type Backup = {
  /** Puts the database back; whoever is connected is cut off. */
  restore: () => Promise<void>;
  close: () => Promise<void>;
};

/** Copies the database that `url` names; who is connected to it is cut off, and connects again. */
export async function backUp(url: string): Promise<Backup> {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const kept = `${name}_kept`;
  await copy(name, kept);
  return {
    async restore() {
      await dropDatabase(inject('postgresUrl'), name);
      await copy(kept, name);
    },
    close: () => dropDatabase(inject('postgresUrl'), kept),
  };
}

/** A template is copied while nobody is connected to it. */
async function copy(from: string, to: string): Promise<void> {
  const adminUrl = inject('postgresUrl');
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query(`ALTER DATABASE ${admin.escapeIdentifier(from)} WITH ALLOW_CONNECTIONS false`);
    await admin.query('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1', [
      from,
    ]);
    await createDatabase(adminUrl, to, { template: from });
    await admin.query(`ALTER DATABASE ${admin.escapeIdentifier(from)} WITH ALLOW_CONNECTIONS true`);
  } finally {
    await admin.end();
  }
}
