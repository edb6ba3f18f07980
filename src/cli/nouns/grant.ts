/** `boon grant`: credits into an account, through the API. */
import { type Command, Option } from 'commander';
import type { Grant } from '../../contracts/accounts/holding.schema.ts';
import { LOT_SOURCES, type LotSource } from '../../domain/lot.ts';
import { apiClient } from '../api.ts';
import { answer, credits, given, keyOf, moment, newCommand, withExamples, withKey } from '../command.ts';
import { more, type Paging, rowsOf, withPaging } from '../paging.ts';
import { type Block, fields, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function fillGrant(grant: Command, terminal: Terminal): void {
  withExamples(grant, ['grant create ada 100 --reason "invoice 4711"', 'grant list ada']);
  for (const make of [create, list, show]) grant.addCommand(make(terminal));
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
      const rest = given({ expires_at: expiresAt, giftable, products: product });
      const { grants } = await apiClient(terminal.env);
      const grant = await grants.create({ ...body, ...rest }, keyOf(options));
      answer(terminal, command, grant, grantBlocks(grant));
    },
  );
}

type List = Paging & { source?: LotSource };

function list(terminal: Terminal): Command {
  const command = newCommand('list', 'List what an account was granted, the latest first', [
    'grant list ada',
    'grant list ada --source promotional --all',
  ])
    .argument('<account>', 'who got it')
    .addOption(new Option('--source <source>', 'only from there').choices(LOT_SOURCES));
  return withPaging(command).action(async (account_id: string, options: List, command: Command) => {
    const { grants } = await apiClient(terminal.env);
    const filter = { account_id, ...given({ source: options.source }) };
    const page = await rowsOf(options, (query) => grants.list({ ...filter, ...query }));
    const rows = page.data.map((one) => [
      one.id,
      one.source,
      one.granted,
      one.remaining,
      one.granted_at,
      one.expires_at ?? 'never',
      one.reason,
    ]);
    const headings = ['grant', 'source', 'credits', 'left', 'granted at', 'expires at', 'reason'];
    answer(terminal, command, page, [table(headings, rows, 'No grants.'), ...more(page)]);
  });
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show a grant, and what is left of it', ['grant show lot_1042'])
    .argument('<id>', 'the grant')
    .action(async (id: string, _options: object, command: Command) => {
      const grant = await (await apiClient(terminal.env)).grants.get(id);
      answer(terminal, command, grant, grantBlocks(grant));
    });
}

function grantBlocks(grant: Grant): Block[] {
  return [
    fields({
      grant: grant.id,
      account: grant.account_id,
      source: grant.source,
      credits: grant.granted,
      left: grant.remaining,
      'granted at': grant.granted_at,
      'expires at': grant.expires_at ?? 'never',
      giftable: grant.giftable ? 'yes' : 'no',
      'pays for': grant.products?.join(' '),
      reason: grant.reason,
    }),
  ];
}
