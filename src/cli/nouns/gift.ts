/** `boon gift`: gifts of credits through the API. */
import { type Command, Option } from 'commander';
import type { Transfer } from '../../contracts/gifts/transfer.schema.ts';
import { GIFT_STATUSES, type GiftStatus } from '../../domain/gift-status.ts';
import { apiClient } from '../api.ts';
import { answer, credits, given, keyOf, newCommand, withExamples, withKey } from '../command.ts';
import { more, type Paging, rowsOf, withPaging } from '../paging.ts';
import { type Block, fields, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const GIFT = 'gft_06bq2n6y3v8k5s7r1x4z9m0c2d';

export function fillGift(gift: Command, terminal: Terminal): void {
  withExamples(gift, [
    'gift send 40 --from ada --to grace',
    'gift list ada --direction sent',
    `gift hold ${GIFT} --reason "looks like resale"`,
  ]);
  for (const make of [send, list, show, claim]) gift.addCommand(make(terminal));
  for (const action of ACTIONS) gift.addCommand(actionCommand(terminal, action));
}

type Send = {
  from: string;
  to?: string;
  email?: string;
  message?: string;
  reset?: string;
  promotional?: true;
  idempotencyKey?: string;
};

function send(terminal: Terminal): Command {
  const command = newCommand('send', 'Give credits, or a banked reset, to an account or an e-mail address', [
    'gift send 40 --from ada --to grace',
    'gift send 12.5 --from ada --email grace@example.com --message "Well done!"',
    'gift send --reset rst_1042 --from ada --to grace',
  ])
    .argument('[amount]', 'credits, such as 40 or 12.5', credits)
    .requiredOption('--from <account>', 'who gives')
    .addOption(new Option('--to <account>', 'the account that receives').conflicts('email'))
    .option('--email <address>', 'the address that gets a claim link')
    .option('--reset <id>', 'a banked reset instead of credits')
    .option('--message <text>', 'what the recipient reads')
    .option('--promotional', 'the operator’s budget pays, not the sender');
  return withKey(command, 'gives twice').action(
    async (amount: string | undefined, options: Send, command: Command) => {
      const { from, reset, promotional, message } = options;
      const to = recipient(options);
      if (to === undefined) return command.error('error: one of --to and --email is needed');
      if ((amount === undefined) === (reset === undefined))
        return command.error('error: one of an amount and --reset is needed');
      const { transfers } = await apiClient(terminal.env);
      const funding = promotional === undefined ? undefined : ('promotional' as const);
      const body = { from, to, ...given({ amount, reset_id: reset, funding, message }) };
      const transfer = await transfers.create(body, keyOf(options));
      answer(terminal, command, transfer, giftBlocks(transfer));
    },
  );
}

function recipient({ to, email }: Send): { account_id: string } | { email: string } | undefined {
  if (to !== undefined) return { account_id: to };
  return email === undefined ? undefined : { email };
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show a gift', [`gift show ${GIFT}`])
    .argument('<id>', 'the gift')
    .action(async (id: string, _options: object, command: Command) => {
      const transfer = await (await apiClient(terminal.env)).transfers.get(id);
      answer(terminal, command, transfer, giftBlocks(transfer));
    });
}

type List = Paging & { direction: 'sent' | 'received' | 'sent,received'; status?: GiftStatus };

function list(terminal: Terminal): Command {
  const command = newCommand('list', 'List the gifts that an account sent or received, the latest first', [
    'gift list grace --direction received --status pending',
  ])
    .argument('<account>', 'whose gifts')
    .addOption(
      new Option('--direction <direction>', 'which of them')
        .choices(['sent', 'received', 'sent,received'])
        .default('sent,received'),
    )
    .addOption(new Option('--status <status>', 'only with this status').choices(GIFT_STATUSES));
  return withPaging(command).action(async (account_id: string, options: List, command: Command) => {
    const { transfers } = await apiClient(terminal.env);
    const filter = { account_id, direction: options.direction, ...given({ status: options.status }) };
    const page = await rowsOf(options, (query) => transfers.list({ ...filter, ...query }));
    const rows = page.data.map((one) => [
      one.id,
      one.status,
      one.reset_id === undefined ? one.amount : `reset ${one.reset_id}`,
      one.from,
      toText(one),
      one.created_at,
    ]);
    const headings = ['gift', 'status', 'credits', 'from', 'to', 'sent at'];
    answer(terminal, command, page, [table(headings, rows, 'No gifts.'), ...more(page)]);
  });
}

type Claim = { account: string; token: string; idempotencyKey?: string };

function claim(terminal: Terminal): Command {
  const command = newCommand('claim', 'Claim a gift by e-mail for an account, with the token of its link', [
    `gift claim ${GIFT} --account grace --token q0Zk3vT1oX9m`,
  ])
    .argument('<id>', 'the gift')
    .requiredOption('--account <account>', 'who claims it')
    .requiredOption('--token <token>', 'what stands after #token= in the claim link');
  return withKey(command, 'claims twice').action(async (id: string, options: Claim, command: Command) => {
    const { transfers } = await apiClient(terminal.env);
    const { account: account_id, token } = options;
    const transfer = await transfers.claim(id, { account_id, token }, keyOf(options));
    answer(terminal, command, transfer, giftBlocks(transfer));
  });
}

const ACTIONS = [
  { name: 'cancel', summary: 'Take a gift back before it settles', reason: 'optional' },
  { name: 'hold', summary: 'Stop a gift’s clock while it is reviewed', reason: 'required' },
  { name: 'release', summary: 'Let a held gift’s clock continue', reason: 'optional' },
  { name: 'reject', summary: 'End a gift: the credits go back to the sender', reason: 'required' },
  { name: 'reverse', summary: 'Take back what is left of a settled gift', reason: 'required' },
] as const;

function actionCommand(terminal: Terminal, { name, summary, reason }: (typeof ACTIONS)[number]): Command {
  const command = newCommand(name, summary, [`gift ${name} ${GIFT} --reason "why"`]).argument(
    '<id>',
    'the gift',
  );
  const flag = '--reason <text>';
  const meaning = 'why; operators and the record see it';
  if (reason === 'required') command.requiredOption(flag, meaning);
  else command.option(flag, meaning);
  return withKey(command, 'acts twice').action(
    async (id: string, options: { reason?: string; idempotencyKey?: string }, self: Command) => {
      const { transfers } = await apiClient(terminal.env);
      const body = given({ reason: options.reason }) as { reason: string };
      const transfer = await transfers[name](id, body, keyOf(options));
      answer(terminal, self, transfer, giftBlocks(transfer));
    },
  );
}

function giftBlocks(transfer: Transfer): Block[] {
  const { reversal } = transfer;
  return [
    fields({
      gift: transfer.id,
      status: transfer.status,
      ...(transfer.reset_id === undefined ? { credits: transfer.amount } : { reset: transfer.reset_id }),
      from: transfer.from_name == null ? transfer.from : `${transfer.from} (${transfer.from_name})`,
      to: toText(transfer),
      funding: transfer.funding,
      message: transfer.message,
      'sent at': transfer.created_at,
      // Of one that has ended, or waits for somebody, it may have passed.
      'settles at': transfer.status === 'pending' ? transfer.settles_at : null,
      'settled at': transfer.settled_at,
      'claim until': transfer.claim_url === undefined ? null : transfer.claim_expires_at,
      'hold ends at': transfer.hold_ends_at,
      because: transfer.reason_code,
      reason: transfer.reason,
      'claim link': transfer.claim_url,
      reversed:
        reversal === null ? null : `${reversal.recovered} back, ${reversal.unrecovered} already spent`,
    }),
  ];
}

function toText({ to }: Transfer): string {
  return [to.email, to.account_id].filter((part) => part !== undefined).join(' ') || '-';
}
