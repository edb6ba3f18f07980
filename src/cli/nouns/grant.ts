/** `boon grant`: credits into an account, through the API. */
import { type Command, Option } from 'commander';
import { LOT_SOURCES, type LotSource } from '../../domain/lot.ts';
import { apiClient } from '../api.ts';
import { answer, credits, given, keyOf, moment, newCommand, withExamples, withKey } from '../command.ts';
import { fields } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function fillGrant(grant: Command, terminal: Terminal): void {
  withExamples(grant, ['grant create ada 100 --reason "invoice 4711"']);
  grant.addCommand(create(terminal));
}

type Create = {
  source: LotSource;
  reason: string;
  expiresAt?: string;
  giftable?: boolean;
  product?: string[];
  idempotencyKey?: string;
};

function create(terminal: Terminal): Command {
  const command = newCommand('create', 'Grant credits to an account', [
    'grant create ada 100 --reason "invoice 4711"',
    'grant create ada 5 --source promotional --expires-at 2027-01-01T00:00:00Z --reason "spring campaign"',
    'grant create boon:promotional 1000 --source promotional --reason "budget for gifts"',
  ])
    .argument('<account>', 'who gets them; boon:promotional is the budget of promotional gifts')
    .argument('<amount>', 'credits, such as 40 or 12.5', credits)
    .requiredOption('--reason <text>', 'why; it is kept in the record')
    .addOption(
      new Option('--source <source>', 'where they come from').choices(LOT_SOURCES).default('purchased'),
    )
    .option('--expires-at <time>', 'when they expire; default: never', moment)
    .option('--giftable', 'they may be given away (the default for purchased credits only)')
    .option('--no-giftable', 'they may not be given away')
    .option('--product <product...>', 'what they may pay for; default: all that the plan allows');
  return withKey(command, 'grants twice').action(
    async (account_id: string, amount: string, options: Create, command: Command) => {
      const { source, reason, expiresAt, giftable, product } = options;
      const body = { account_id, amount, source, reason };
      const more = given({ expires_at: expiresAt, giftable, products: product });
      const lot = await (await apiClient(terminal.env)).grants.create({ ...body, ...more }, keyOf(options));
      answer(terminal, command, lot, [
        fields({
          lot: lot.id,
          account: account_id,
          source: lot.source,
          credits: lot.granted,
          'expires at': lot.expires_at ?? 'never',
          giftable: lot.giftable ? 'yes' : 'no',
          'pays for': lot.products?.join(' '),
        }),
      ]);
    },
  );
}
