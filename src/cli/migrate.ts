/** `boon migrate`: brings the database to this version's schema. */
import type { Command } from 'commander';
import { answer, newCommand } from './command.ts';
import type { Terminal } from './terminal.ts';

export function migrateCommand(terminal: Terminal): Command {
  return newCommand('migrate', 'Bring the database to this version’s schema; servers and workers do so too', [
    'migrate',
  ]).action(async (_options: object, command: Command) => {
    const [{ migrate }, { withDatabase }] = await Promise.all([
      import('../ledger/postgres/migrate.ts'),
      import('./local-ledger.ts'),
    ]);
    const applied = await withDatabase(terminal, (url) => migrate(url));
    const lines = applied.length === 0 ? ['The schema is current.'] : [`Applied: ${applied.join(', ')}.`];
    answer(terminal, command, { applied }, lines);
  });
}
