/** `boon account`: accounts and what they own, through the API. */
import type { Command } from 'commander';
import { apiClient } from '../api.ts';
import { answer, given, moment, newCommand, withExamples } from '../command.ts';
import { more, type Paging, rowsOf, withPaging } from '../paging.ts';
import { type Block, fields, table, text } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { accountBlocks } from './account-blocks.ts';
import { change, freeze, put, unfreeze } from './account-change.ts';
import { list } from './account-list.ts';

export function fillAccount(account: Command, terminal: Terminal): void {
  withExamples(account, [
    'account put ada --plan plus --verified-at now',
    'account freeze mallory',
    'account balance ada',
    'account statement ada --all',
  ]);
  const verbs = [list, show, put, change, freeze, unfreeze, balance, statement, limits, gifting, eligibility];
  for (const make of verbs) account.addCommand(make(terminal));
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show an account', ['account show ada'])
    .argument('<id>', 'the account')
    .action(async (id: string, _options: object, command: Command) => {
      const { value: account, etag } = await (await apiClient(terminal.env)).accounts.getTagged(id);
      answer(terminal, command, account, accountBlocks(account, etag));
    });
}

function balance(terminal: Terminal): Command {
  return newCommand('balance', 'Show what an account has, and in which lots', [
    'account balance ada --as-of 2026-06-11T09:00:00Z',
  ])
    .argument('<id>', 'the account')
    .option('--as-of <time>', 'at a past time instead of now', moment)
    .action(async (id: string, { asOf }: { asOf?: string }, command: Command) => {
      const has = await (await apiClient(terminal.env)).accounts.balance(id, given({ as_of: asOf }));
      const rows = has.lots.map((lot) => [
        lot.id,
        lot.source,
        lot.remaining,
        lot.granted,
        lot.expires_at ?? 'never',
        lot.giftable ? 'yes' : 'no',
        lot.products?.join(' ') ?? 'all',
      ]);
      answer(terminal, command, has, [
        fields({
          account: has.account_id,
          'as of': has.as_of,
          available: has.available,
          held: has.held,
          'pending in': has.pending_in,
          owed: has.debt === '0' ? undefined : has.debt,
        }),
        '',
        table(['lot', 'source', 'left', 'of', 'expires', 'giftable', 'pays for'], rows, 'No lots.'),
      ]);
    });
}

function limits(terminal: Terminal): Command {
  return newCommand('limits', 'Show what an account has used of its plan, and what it can still use', [
    'account limits ada',
  ])
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
        fields({
          account: id,
          plan: has.plan,
          available: has.available,
          'banked resets': has.resets_available,
        }),
        '',
        table(
          ['window', 'used', 'of', 'resets at'],
          [row('5 hours', has.windows.five_hour), row('week', has.windows.weekly)],
          '',
        ),
        '',
        table(
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
  const command = newCommand('statement', 'List an account’s movements, the latest first', [
    'account statement ada --limit 50',
  ]).argument('<id>', 'the account');
  return withPaging(command).action(async (id: string, paging: Paging, command: Command) => {
    const { accounts } = await apiClient(terminal.env);
    const page = await rowsOf(paging, (query) => accounts.statement(id, query));
    const rows = page.data.map((one) => [
      one.at,
      one.kind,
      one.amount,
      one.balance_after,
      one.lot_id,
      one.recorded_at,
      one.reference,
    ]);
    const headings = ['at', 'kind', 'credits', 'balance after', 'lot', 'recorded at', 'because of'];
    answer(terminal, command, page, [table(headings, rows, 'No movements.'), ...more(page)]);
  });
}

function gifting(terminal: Terminal): Command {
  return newCommand('gifting', 'Show whether an account may give, how much, and if not, why', [
    'account gifting ada',
  ])
    .argument('<id>', 'the account')
    .action(async (id: string, _options: object, command: Command) => {
      const may = await (await apiClient(terminal.env)).accounts.gifting(id);
      const left = ({ remaining }: typeof may.per_day) =>
        `${remaining.count} gifts, ${remaining.amount} credits`;
      answer(terminal, command, may, [
        fields({
          account: may.account_id,
          'may give': may.eligible ? 'yes' : 'no',
          giftable: may.giftable,
          'one gift': `${may.min} to ${may.max} credits`,
          'left today': left(may.per_day),
          'left this month': left(may.per_month),
          'left from the budget': left(may.promotional),
          policy: may.policy_version,
        }),
        ...reasons(may.reasons),
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
        fields({
          account: id,
          'may invite': may.eligible ? 'yes' : 'no',
          'invitations left': may.remaining_invites,
          'rewards left': `${may.remaining_rewards} until ${may.month.ends_at}`,
        }),
        ...reasons(may.reasons),
      ]);
    });
}

/** Why not, and what would change it. */
function reasons(all: readonly { code: string; detail: string; fix: string }[]): Block[] {
  return all.map(({ code, detail, fix }) => text(`${code}: ${detail} ${fix}`));
}
