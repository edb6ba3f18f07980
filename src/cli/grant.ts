/** `boon grant`: credits into an account, through the API. */
import { type Command, Option } from 'commander';
import { LOT_SOURCES, type LotSource } from '../domain/lot.ts';
import { apiClient } from './api.ts';
import { answer, credits, moment, newCommand } from './command.ts';
import { fieldLines } from './table.ts';
import type { Terminal } from './terminal.ts';

type Grant = {
  source: LotSource;
  reason: string;
  expiresAt?: string;
  giftable?: boolean;
  idempotencyKey?: string;
};

export function grantCommand(terminal: Terminal): Command {
  return newCommand('grant', 'Grant credits to an account', [
    'grant ada 100 --reason "invoice 4711"',
    'grant ada 5 --source promotional --expires-at 2027-01-01T00:00:00Z --reason "spring campaign"',
    'grant boon:promotional 1000 --source promotional --reason "budget for gifts, second quarter"',
  ])
    .argument('<account>', 'who gets them; boon:promotional is the budget of promotional gifts')
    .argument('<amount>', 'credits, such as 40 or 12.5', credits)
    .requiredOption('--reason <text>', 'why; it is kept in the record')
    .addOption(
      new Option('--source <source>', 'where they come from').choices(LOT_SOURCES).default('purchased'),
    )
    .option('--expires-at <time>', 'when they expire; left out: never', moment)
    .option('--giftable', 'they may be given away (the default for purchased credits only)')
    .option('--no-giftable', 'they may not be given away')
    .option('--idempotency-key <key>', 'the same key never grants twice; left out: a new one')
    .action(async (account_id: string, amount: string, options: Grant, command: Command) => {
      const { source, reason, expiresAt, giftable, idempotencyKey } = options;
      const client = await apiClient(terminal.env);
      const lot = await client.grants.create(
        {
          account_id,
          amount,
          source,
          reason,
          ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
          ...(giftable === undefined ? {} : { giftable }),
        },
        idempotencyKey === undefined ? {} : { idempotencyKey },
      );
      const lines = fieldLines({
        lot: lot.id,
        account: account_id,
        source: lot.source,
        credits: lot.granted,
        'expires at': lot.expires_at ?? 'never',
        giftable: lot.giftable ? 'yes' : 'no',
      });
      answer(terminal, command, lot, lines);
    });
}
