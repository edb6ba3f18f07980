/** `boon account`: accounts and what they own, through the API. */
import type { Command } from 'commander';
import { accountLines, change, freeze, put, unfreeze } from './account-change.ts';
import { list } from './account-list.ts';
import { apiClient } from './api.ts';
import { answer, moment, newCommand, wholeNumber } from './command.ts';
import { fieldLines, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

export function accountCommand(terminal: Terminal): Command {
  const account = newCommand('account', 'Make accounts and look at what they have', [
    'account put ada --plan plus --verified-at now',
    'account freeze mallory',
    'account balance ada',
    'account statement ada --limit 50',
  ]);
  for (const make of [
    put,
    change,
    freeze,
    unfreeze,
    list,
    show,
    balance,
    limits,
    statement,
    gifting,
    eligibility,
  ]) {
    account.addCommand(make(terminal));
  }
  return account;
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show an account')
    .argument('<id>', 'the account')
    .action(async (id: string, _options: object, command: Command) => {
      const account = await (await apiClient(terminal.env)).accounts.get(id);
      answer(terminal, command, account, accountLines(account));
    });
}

function balance(terminal: Terminal): Command {
  return newCommand('balance', 'Show what an account has, and in which lots', [
    'account balance ada --as-of 2026-06-11T09:00:00Z',
  ])
    .argument('<id>', 'the account')
    .option('--as-of <time>', 'at a past time instead of now', moment)
    .action(async (id: string, { asOf }: { asOf?: string }, command: Command) => {
      const client = await apiClient(terminal.env);
      const has = await client.accounts.balance(id, asOf === undefined ? {} : { as_of: asOf });
      const rows = has.lots.map((lot) => [
        lot.id,
        lot.source,
        lot.remaining,
        lot.granted,
        lot.expires_at ?? 'never',
        lot.giftable ? 'yes' : 'no',
      ]);
      answer(terminal, command, has, [
        ...fieldLines({
          account: has.account_id,
          'as of': has.as_of,
          available: has.available,
          held: has.held,
          'pending in': has.pending_in,
        }),
        '',
        ...tableLines(['lot', 'source', 'left', 'of', 'expires', 'giftable'], rows, 'No lots.'),
      ]);
    });
}

function limits(terminal: Terminal): Command {
  return newCommand('limits', 'Show what an account has used of its plan, and what it can still use')
    .argument('<id>', 'the account')
    .action(async (id: string, _options: object, command: Command) => {
      const has = await (await apiClient(terminal.env)).accounts.limits(id);
      const row = (name: string, { used, limit, resets_at }: typeof has.windows.weekly) => [
        name,
        used,
        limit ?? 'no limit',
        resets_at,
      ];
      answer(terminal, command, has, [
        ...fieldLines({
          account: id,
          plan: has.plan,
          available: has.available,
          'banked resets': has.resets_available,
        }),
        '',
        ...tableLines(
          ['window', 'used', 'of', 'resets at'],
          [row('5 hours', has.windows.five_hour), row('week', has.windows.weekly)],
          '',
        ),
        '',
        ...tableLines(
          ['beyond the plan', 'goes on', 'up to', 'because'],
          has.beyond_plan.map(({ product, allowed, up_to, reason_code }) => {
            return [product, allowed ? 'yes' : 'no', up_to ?? 'no limit', reason_code];
          }),
          'Nothing can be paid for beyond this plan.',
        ),
      ]);
    });
}

function statement(terminal: Terminal): Command {
  return newCommand('statement', 'List an account’s movements, the latest first')
    .argument('<id>', 'the account')
    .option('--limit <count>', 'at most this many', wholeNumber(1), 20)
    .action(async (id: string, { limit }: { limit: number }, command: Command) => {
      const client = await apiClient(terminal.env);
      const movements = [];
      for await (const movement of client.accounts.statementAll(id, { limit: Math.min(limit, 100) })) {
        movements.push(movement);
        if (movements.length === limit) break;
      }
      const rows = movements.map((one) => [
        one.at,
        one.recorded_at,
        one.kind,
        one.amount,
        one.balance_after,
        one.lot_id,
        one.reference,
      ]);
      const headings = ['at', 'recorded at', 'kind', 'credits', 'balance after', 'lot', 'because of'];
      answer(terminal, command, movements, tableLines(headings, rows, 'No movements.'));
    });
}

function gifting(terminal: Terminal): Command {
  return newCommand('gifting', 'Show whether an account may give, how much, and if not, why')
    .argument('<id>', 'the account')
    .action(async (id: string, _options: object, command: Command) => {
      const may = await (await apiClient(terminal.env)).accounts.gifting(id);
      const left = ({ remaining }: typeof may.per_day) =>
        `${remaining.count} gifts, ${remaining.amount} credits`;
      answer(terminal, command, may, [
        ...fieldLines({
          account: may.account_id,
          'may give': may.eligible ? 'yes' : 'no',
          giftable: may.giftable,
          'one gift': `${may.min} to ${may.max} credits`,
          'left today': left(may.per_day),
          'left this month': left(may.per_month),
          'left from the budget': left(may.promotional),
          policy: may.policy_version,
        }),
        ...may.reasons.map(({ code, detail, fix }) => `${code}: ${detail} ${fix}`),
      ]);
    });
}

function eligibility(terminal: Terminal): Command {
  return newCommand('eligibility', 'Show whether an account may invite into a program, and if not, why', [
    'account eligibility ada --program codex-selective',
  ])
    .argument('<id>', 'the account')
    .requiredOption('--program <name>', 'the program of the policy')
    .action(async (id: string, { program }: { program: string }, command: Command) => {
      const may = await (await apiClient(terminal.env)).accounts.eligibility(id, { program });
      answer(terminal, command, may, [
        ...fieldLines({
          account: id,
          'may invite': may.eligible ? 'yes' : 'no',
          'invitations left': may.remaining_invites,
          'rewards left': `${may.remaining_rewards} until ${may.month.ends_at}`,
        }),
        ...may.reasons.map(({ code, detail, fix }) => `${code}: ${detail} ${fix}`),
      ]);
    });
}
