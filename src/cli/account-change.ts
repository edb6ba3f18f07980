/** `boon account put`, `change`, `freeze`, `unfreeze`: what an account is, through the API. */
import { type Command, Option } from 'commander';
import type { Account, AccountPatch, AccountPut } from '../contracts/accounts/account.schema.ts';
import { ACCOUNT_KINDS, ACCOUNT_STATUSES, CREDIT_SWITCHES, PLANS } from '../domain/account.ts';
import { apiClient } from './api.ts';
import { answer, credits, moment, newCommand, wholeNumber } from './command.ts';
import { fieldLines } from './table.ts';
import type { Terminal } from './terminal.ts';

type Options = Pick<AccountPatch, 'plan' | 'kind' | 'status' | 'email'> & {
  name?: string;
  verifiedAt?: string;
  createdAt?: string;
  billingDay?: number;
  org?: string;
  autoRedeem?: boolean;
  useCredits?: (typeof CREDIT_SWITCHES)[number];
  spendingLimit?: string;
  poolLimit?: string;
};

export function put(terminal: Terminal): Command {
  const command = newCommand('put', 'Make an account, or change it; what is left out stays as it is', [
    'account put ada --plan plus --verified-at now --created-at 2025-01-01T00:00:00Z',
  ]).argument('<id>', 'your own id of the account');
  return withFields(
    command,
    new Option('--plan <plan>', 'its plan').choices(PLANS).makeOptionMandatory(),
  ).action(async (id: string, options: Options & { plan: AccountPut['plan'] }, command: Command) => {
    const client = await apiClient(terminal.env);
    const account = await client.accounts.put(id, { ...toPatch(options), plan: options.plan });
    answer(terminal, command, account, accountLines(account));
  });
}

export function change(terminal: Terminal): Command {
  const command = newCommand('change', 'Change an account that is there; what is left out stays as it is', [
    'account change ada --plan pro',
    'account change ada --spending-limit none',
  ]).argument('<id>', 'the account');
  return withFields(command, new Option('--plan <plan>', 'its plan').choices(PLANS)).action(
    async (id: string, options: Options, command: Command) => {
      const account = await (await apiClient(terminal.env)).accounts.change(id, toPatch(options));
      answer(terminal, command, account, accountLines(account));
    },
  );
}

export const freeze = become(
  'freeze',
  'frozen',
  'Freeze an account: it gives nothing, and its open gifts are held',
);
export const unfreeze = become(
  'unfreeze',
  'active',
  'Make an account active again; gifts that the freeze held are released',
);

function become(verb: string, status: 'frozen' | 'active', about: string): (terminal: Terminal) => Command {
  return (terminal) =>
    newCommand(verb, about, [`account ${verb} mallory`])
      .argument('<id>', 'the account')
      .action(async (id: string, _options: object, command: Command) => {
        const account = await (await apiClient(terminal.env)).accounts.change(id, { status });
        answer(terminal, command, account, accountLines(account));
      });
}

function withFields(command: Command, plan: Option): Command {
  return command
    .addOption(plan)
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
    );
}

function toPatch(options: Options): AccountPatch {
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
  return {
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
  };
}

/** Reads a limit of credits, or `none`; zero lets nothing through. */
function limit(text: string): string {
  return text === 'none' || text === '0' ? text : credits(text);
}

/** `none` takes a value away. Said here: an option that is read as null is an empty text to commander. */
function orNone(text: string): string | null {
  return text === 'none' ? null : text;
}

export function accountLines(account: Account): string[] {
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
