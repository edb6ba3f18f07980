/** `boon account`: accounts and what they own, through the API. */
import { type Command, Option } from 'commander';
import type { Account, AccountPut } from '../contracts/accounts/account.schema.ts';
import { ACCOUNT_KINDS, ACCOUNT_STATUSES, CREDIT_SWITCHES, PLANS } from '../domain/account.ts';
import { apiClient } from './api.ts';
import { answer, credits, moment, newCommand, wholeNumber } from './command.ts';
import { fieldLines, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

export function accountCommand(terminal: Terminal): Command {
  const account = newCommand('account', 'Make accounts and look at what they have', [
    'account put ada --plan plus --verified-at now',
    'account balance ada',
    'account statement ada --limit 50',
  ]);
  for (const make of [put, show, balance, limits, statement, gifting, eligibility]) {
    account.addCommand(make(terminal));
  }
  return account;
}

type Put = Pick<AccountPut, 'plan' | 'kind' | 'status'> & {
  name?: string;
  email?: string;
  verifiedAt?: string;
  createdAt?: string;
  billingDay?: number;
  org?: string;
  autoRedeem?: boolean;
  useCredits?: (typeof CREDIT_SWITCHES)[number];
  spendingLimit?: string;
  poolLimit?: string;
};

/** Reads a limit of credits, or `none`; zero lets nothing through. */
function limit(text: string): string {
  return text === 'none' || text === '0' ? text : credits(text);
}

/** `none` takes a value away. Said here: an option that is read as null is an empty text to commander. */
function orNone(text: string): string | null {
  return text === 'none' ? null : text;
}

function put(terminal: Terminal): Command {
  return newCommand('put', 'Make an account, or change it; what is left out stays as it is', [
    'account put ada --plan plus --verified-at now --created-at 2025-01-01T00:00:00Z',
    'account put mallory --plan plus --status frozen',
  ])
    .argument('<id>', 'your own id of the account')
    .addOption(new Option('--plan <plan>', 'its plan').choices(PLANS).makeOptionMandatory())
    .addOption(new Option('--kind <kind>', 'what it is').choices(ACCOUNT_KINDS))
    .addOption(new Option('--status <status>', 'frozen: its open gifts are held').choices(ACCOUNT_STATUSES))
    .option('--name <name>', 'what invitations and gifts call it by; none: nothing')
    .option('--email <address>', 'its e-mail address')
    .option('--verified-at <time>', 'when its identity was verified', moment)
    .option('--created-at <time>', 'when it began', moment)
    .option(
      '--billing-day <day>',
      'day on which its billing months begin, from the end of the running one on',
      wholeNumber(1),
    )
    .option('--org <account>', 'the organisation that it belongs to; none: it leaves it')
    .option('--auto-redeem', 'redeem a banked reset just before it would expire, if something is used')
    .option('--no-auto-redeem', 'let it expire')
    .addOption(
      new Option('--use-credits <switch>', 'whether credits pay where the plan ends').choices(
        CREDIT_SWITCHES,
      ),
    )
    .option(
      '--spending-limit <credits>',
      'most of its credits that uses may take in a month; none: no limit',
      limit,
    )
    .option(
      '--pool-limit <credits>',
      'most of its organisation’s that it may take in a month; none: no limit',
      limit,
    )
    .action(async (id: string, options: Put, command: Command) => {
      const {
        name,
        verifiedAt,
        createdAt,
        billingDay,
        org,
        autoRedeem,
        useCredits,
        spendingLimit,
        poolLimit,
        ...rest
      } = options;
      const client = await apiClient(terminal.env);
      const account = await client.accounts.put(id, {
        ...rest,
        ...(name === undefined ? {} : { name: orNone(name) }),
        ...(verifiedAt === undefined ? {} : { identity_verified_at: verifiedAt }),
        ...(createdAt === undefined ? {} : { created_at: createdAt }),
        ...(billingDay === undefined ? {} : { billing_day: billingDay }),
        ...(org === undefined ? {} : { org_id: orNone(org) }),
        ...(autoRedeem === undefined ? {} : { auto_redeem: autoRedeem }),
        ...(useCredits === undefined ? {} : { use_credits: useCredits }),
        ...(spendingLimit === undefined ? {} : { spending_limit: orNone(spendingLimit) }),
        ...(poolLimit === undefined ? {} : { pool_limit: orNone(poolLimit) }),
      });
      answer(terminal, command, account, accountLines(account));
    });
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
          coming: has.pending_in,
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
        ...fieldLines({ account: id, plan: has.plan, credits: has.credits, 'banked resets': has.resets }),
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
          'rewards left': `${may.remaining_rewards} until ${may.window.ends_at}`,
        }),
        ...may.reasons.map(({ code, detail, fix }) => `${code}: ${detail} ${fix}`),
      ]);
    });
}

function accountLines(account: Account): string[] {
  return fieldLines({
    account: account.id,
    name: account.name,
    kind: account.kind,
    plan: account.plan,
    status: account.status,
    email: account.email,
    'verified at': account.identity_verified_at ?? 'not verified',
    'created at': account.created_at,
    'last active at': account.last_active_at,
    organisation: account.org_id,
    'billing month': `${account.billing_month.starts_at} to ${account.billing_month.ends_at}`,
    'billing day':
      account.billing_day_from === null
        ? String(account.billing_day)
        : `${account.billing_day}, from ${account.billing_day_from} on`,
    'redeems resets before they expire': account.auto_redeem ? 'yes' : 'no',
    'credits pay after the plan': account.use_credits,
    'spending limit': account.spending_limit,
    'limit on its organisation’s credits': account.pool_limit,
  });
}
