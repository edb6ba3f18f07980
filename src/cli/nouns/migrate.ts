/** `boon migrate`: brings the database to this version's schema. */
import type { Command } from 'commander';
import { answer, withExamples } from '../command.ts';
import type { Terminal } from '../terminal.ts';

export function fillMigrate(migrate: Command, terminal: Terminal): void {
  withExamples(migrate, ['migrate']);
  migrate.description(
    'Bring the database to this version’s schema. Servers and workers do so when they start.',
  );
  migrate.action(async (_options: object, command: Command) => {
    const [{ migrate }, { withDatabase }] = await Promise.all([
      import('../../ledger/postgres/migrate.ts'),
      import('../local-ledger.ts'),
    ]);
    const applied = await withDatabase(terminal, (url) => migrate(url));
    const lines = applied.length === 0 ? ['The schema is current.'] : [`Applied: ${applied.join(', ')}.`];
    answer(terminal, command, { applied }, lines);
  });
}
