/** `boon gift`: gifts of credits through the API. */
import { type Command, Option } from 'commander';
import type { Transfer } from '../contracts/gifts/transfer.schema.ts';
import { GIFT_STATUSES, type GiftStatus } from '../domain/gift-status.ts';
import { apiClient } from './api.ts';
import { answer, credits, newCommand, wholeNumber } from './command.ts';
import { fieldLines, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

type Send = {
  from: string;
  to?: string;
  email?: string;
  message?: string;
  reset?: string;
  promotional?: true;
  idempotencyKey?: string;
};
type List = { direction: 'sent' | 'received' | 'sent,received'; status?: GiftStatus; limit: number };

export function giftCommand(terminal: Terminal): Command {
  const gift = newCommand('gift', 'Send gifts of credits, look at them and act on them', [
    'gift send 40 --from ada --to grace',
    'gift list ada --direction sent',
    'gift hold gft_06bq2n6y3v8k5s7r1x4z9m0c2d --reason "looks like resale"',
  ]);
  gift.addCommand(send(terminal));
  gift.addCommand(show(terminal));
  gift.addCommand(list(terminal));
  for (const action of ACTIONS) gift.addCommand(actionCommand(terminal, action));
  return gift;
}

function send(terminal: Terminal): Command {
  return newCommand('send', 'Give credits, or a banked reset, to an account or an e-mail address', [
    'gift send 40 --from ada --to grace',
    'gift send 12.5 --from ada --email grace@example.com --message "Well done!"',
    'gift send --reset 1042 --from ada --to grace',
  ])
    .argument('[amount]', 'credits, such as 40 or 12.5', credits)
    .requiredOption('--from <account>', 'who gives')
    .addOption(new Option('--to <account>', 'the account that receives').conflicts('email'))
    .option('--email <address>', 'the address that gets a claim link')
    .option('--reset <id>', 'a banked reset instead of credits')
    .option('--message <text>', 'what the recipient reads')
    .option('--promotional', 'the operator’s budget pays, not the sender')
    .option('--idempotency-key <key>', 'the same key never gives twice; left out: a new one')
    .action(async (amount: string | undefined, options: Send, command: Command) => {
      const { from, message, idempotencyKey } = options;
      const to = recipient(options);
      if (to === undefined) return command.error('error: one of --to and --email is needed');
      if ((amount === undefined) === (options.reset === undefined))
        return command.error('error: one of an amount and --reset is needed');
      const client = await apiClient(terminal.env);
      const transfer = await client.transfers.create(
        {
          from,
          to,
          ...(amount === undefined ? {} : { amount }),
          ...(options.reset === undefined ? {} : { reset_id: options.reset }),
          ...(options.promotional === undefined ? {} : { funding: 'promotional' }),
          ...(message === undefined ? {} : { message }),
        },
        idempotencyKey === undefined ? {} : { idempotencyKey },
      );
      answer(terminal, command, transfer, giftLines(transfer));
    });
}

function recipient({ to, email }: Send): { account_id: string } | { email: string } | undefined {
  if (to !== undefined) return { account_id: to };
  return email === undefined ? undefined : { email };
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show a gift')
    .argument('<id>', 'the gift')
    .action(async (id: string, _options: object, command: Command) => {
      const transfer = await (await apiClient(terminal.env)).transfers.get(id);
      answer(terminal, command, transfer, giftLines(transfer));
    });
}

function list(terminal: Terminal): Command {
  return newCommand('list', 'List the gifts that an account sent or received, the latest first', [
    'gift list grace --direction received --status pending',
  ])
    .argument('<account>', 'whose gifts')
    .addOption(
      new Option('--direction <direction>', 'which of them')
        .choices(['sent', 'received', 'sent,received'])
        .default('sent,received'),
    )
    .addOption(new Option('--status <status>', 'only those that are').choices(GIFT_STATUSES))
    .option('--limit <count>', 'at most this many', wholeNumber(1), 20)
    .action(async (account_id: string, options: List, command: Command) => {
      const { limit, ...rest } = options;
      const client = await apiClient(terminal.env);
      const transfers: Transfer[] = [];
      for await (const transfer of client.transfers.listAll({
        account_id,
        ...rest,
        limit: Math.min(limit, 100),
      })) {
        transfers.push(transfer);
        if (transfers.length === limit) break;
      }
      const rows = transfers.map((one) => [
        one.id,
        one.status,
        one.reset_id === undefined ? one.amount : `reset ${one.reset_id}`,
        one.from,
        toText(one),
        one.created_at,
      ]);
      const lines = tableLines(['gift', 'status', 'credits', 'from', 'to', 'sent at'], rows, 'No gifts.');
      answer(terminal, command, transfers, lines);
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
  const command = newCommand(name, summary, [`gift ${name} gft_06bq2n6y3v8k5s7r1x4z9m0c2d --reason "why"`])
    .argument('<id>', 'the gift')
    .action(async (id: string, options: { reason?: string }, self: Command) => {
      const { transfers } = await apiClient(terminal.env);
      const body = options.reason === undefined ? {} : { reason: options.reason };
      const transfer = await transfers[name](id, body as { reason: string });
      answer(terminal, self, transfer, giftLines(transfer));
    });
  const flag = '--reason <text>';
  const meaning = 'why; operators and the record see it';
  return reason === 'required' ? command.requiredOption(flag, meaning) : command.option(flag, meaning);
}

function giftLines(transfer: Transfer): string[] {
  const { reversal } = transfer;
  return fieldLines({
    gift: transfer.id,
    status: transfer.status,
    ...(transfer.reset_id === undefined ? { credits: transfer.amount } : { reset: transfer.reset_id }),
    from: transfer.from_name == null ? transfer.from : `${transfer.from} (${transfer.from_name})`,
    to: toText(transfer),
    funding: transfer.funding,
    message: transfer.message,
    'sent at': transfer.created_at,
    // Of one that has ended, or waits for somebody, it may have gone by.
    'settles at': transfer.status === 'pending' ? transfer.settles_at : null,
    'settled at': transfer.settled_at,
    'claim until': transfer.claim_url === undefined ? null : transfer.claim_expires_at,
    'hold ends at': transfer.hold_ends_at,
    because: transfer.reason_code,
    reason: transfer.reason,
    'claim link': transfer.claim_url,
    reversed: reversal === null ? null : `${reversal.recovered} back, ${reversal.unrecovered} already spent`,
  });
}

function toText({ to }: Transfer): string {
  return [to.email, to.account_id].filter((part) => part !== undefined).join(' ') || '-';
}
