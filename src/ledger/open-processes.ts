/** What goes on under a policy: whatever began under it ends under its terms. */
import type { Instant } from '../domain/instant.ts';
import { type Database, queryRows } from './postgres/database.ts';
import { instant } from './postgres/rows.ts';

/** How many a policy has of a kind, in a program where that is one's; and since when the oldest goes on. */
export type OpenCount = {
  version: string;
  kind: string;
  program: string | null;
  count: number;
  since: Instant;
};
export type OpenProcess = {
  kind: string;
  id: string;
  program: string | null;
  status: string;
  since: Instant;
};

export interface OpenProcesses {
  /** By policy, the one with the oldest first. */
  openCounts(): Promise<OpenCount[]>;
  /** At most `limit` of one policy, the oldest first. */
  openUnder(version: string, limit: number): Promise<OpenProcess[]>;
}

export function makeOpenProcesses(database: Database): OpenProcesses {
  return {
    async openCounts() {
      const rows = await queryRows<Omit<OpenCount, 'since'> & { since: Date }>(
        database,
        'open_counts',
        `SELECT policy_version AS version, kind, program, count(*)::int AS count, min(since) AS since FROM boon.open_processes
         GROUP BY policy_version, kind, program ORDER BY min(min(since)) OVER (PARTITION BY policy_version), policy_version, kind, program`,
        [],
      );
      return rows.map((row) => ({ ...row, since: instant(row.since) }));
    },

    async openUnder(version, limit) {
      const rows = await queryRows<Omit<OpenProcess, 'since'> & { since: Date }>(
        database,
        'open_under',
        `SELECT kind, id, program, status, since FROM boon.open_processes WHERE policy_version = $1
         ORDER BY since, kind, id LIMIT $2`,
        [version, limit],
      );
      return rows.map((row) => ({ ...row, since: instant(row.since) }));
    },
  };
}
