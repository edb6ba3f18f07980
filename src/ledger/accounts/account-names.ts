/** What accounts are called, read for many at once: each gift and invitation that is shown asks for one. */
import type { AccountId } from '../../domain/ids.ts';
import { type Database, queryBatch } from '../postgres/database.ts';
import { GroupCommit } from '../postgres/group-commit.ts';

/** Makes the function behind `Ledger.nameOf`. */
export function makeNameOf(database: Database): (id: AccountId) => Promise<string | null> {
  const groups = new GroupCommit<string, string | null>({
    writers: 2,
    most: 256,
    join: 256,
    // Reading locks nothing.
    shardOf: () => [],
    async run(ids) {
      const rows = await queryBatch<{ id: AccountId; name: string | null }>(
        database,
        'account_names',
        'SELECT id, name FROM boon.accounts WHERE id = ANY ($1)',
        [[...new Set(ids)]],
      );
      const names = new Map(rows.map(({ id, name }) => [id, name]));
      return ids.map((id) => names.get(id) ?? null);
    },
  });
  return (id) => groups.submit(id);
}
