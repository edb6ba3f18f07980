/** `boon account put`, `change`, `freeze`, `unfreeze`: what an account is, through the API. */
import { type Command, Option } from 'commander';
import type { AccountPatch, AccountPut } from '../../contracts/accounts/account.schema.ts';
import {
  ACCOUNT_KINDS,
  ACCOUNT_STATUSES,
  BILLING_SWITCHES,
  CREDIT_SWITCHES,
  PLANS,
} from '../../domain/account.ts';
import { apiClient } from '../api.ts';
import { answer, credits, given, moment, newCommand, orNone, wholeNumber } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { accountBlocks } from './account-blocks.ts';

type Options = Pick<AccountPatch, 'plan' | 'kind' | 'status'> & {
  email?: string;
  name?: string;
  verifiedAt?: string;
  createdAt?: string;
  billingDay?: number;
  org?: string;
  autoRedeem?: boolean;
  useCredits?: (typeof CREDIT_SWITCHES)[number];
  spendingLimit?: string;
  poolLimit?: string;
  lastActiveAt?: string;
  cohort?: string[];
  fingerprint?: string[];
  billing?: (typeof BILLING_SWITCHES)[number];
  invoiceCeiling?: string;
  ifMatch?: string;
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
    const account = await client.accounts.put(
      id,
      { ...toPatch(options), plan: options.plan },
      condition(options),
    );
    answer(terminal, command, account, accountBlocks(account));
  });
}

export function change(terminal: Terminal): Command {
  const command = newCommand('change', 'Change an existing account; what is left out stays as it is', [
    'account change ada --plan pro',
    'account change ada --spending-limit none',
  ]).argument('<id>', 'the account');
  return withFields(command, new Option('--plan <plan>', 'its plan').choices(PLANS)).action(
    async (id: string, options: Options, command: Command) => {
      const { accounts } = await apiClient(terminal.env);
      const account = await accounts.change(id, toPatch(options), condition(options));
      answer(terminal, command, account, accountBlocks(account));
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
        answer(terminal, command, account, accountBlocks(account));
      });
}

function withFields(command: Command, plan: Option): Command {
  return command
    .addOption(plan)
    .addOption(new Option('--kind <kind>', 'a person, or an organisation').choices(ACCOUNT_KINDS))
    .addOption(new Option('--status <status>', 'frozen: its open gifts are held').choices(ACCOUNT_STATUSES))
    .option('--name <name>', 'the name that invitations and gifts show; none: no name')
    .option('--email <address>', 'its e-mail address; none: no address')
    .option('--verified-at <time>', 'when its identity was verified; none: not verified', momentOrNone)
    .option('--created-at <time>', 'when it was created', moment)
    .option('--last-active-at <time>', 'when it was last active; none: never', momentOrNone)
    .option('--cohort <cohort...>', 'its cohorts, in place of those it has; none: no cohort')
    .option(
      '--fingerprint <mark...>',
      'marks of its devices and cards, in place of those it has; none: no mark',
    )
    .option(
      '--billing-day <day>',
      'day on which its billing months begin, once the running one has ended',
      wholeNumber(1),
    )
    .option('--org <account>', 'the organisation that it belongs to; none: no organisation')
    .option('--auto-redeem', 'redeem a banked reset just before it expires, if anything is used')
    .option('--no-auto-redeem', 'let banked resets expire')
    .addOption(
      new Option('--use-credits <switch>', 'whether credits pay when the plan is used up').choices(
        CREDIT_SWITCHES,
      ),
    )
    .option(
      '--spending-limit <credits>',
      'the most of its own credits that it may use in a month; none: no limit',
      limit,
    )
    .option(
      '--pool-limit <credits>',
      'the most of its organisation’s credits that it may use in a month; none: no limit',
      limit,
    )
    .addOption(
      new Option(
        '--billing <switch>',
        'when an organisation’s pool is used up: stop its members, or invoice it',
      ).choices(BILLING_SWITCHES),
    )
    .option(
      '--invoice-ceiling <credits>',
      'the most that may be invoiced for a month, in credits; none: no limit',
      limit,
    )
    .option('--if-match <etag>', 'only if this is still the etag that `boon account show` shows');
}

function toPatch(options: Options): AccountPatch {
  return given({
    plan: options.plan,
    kind: options.kind,
    status: options.status,
    email: orNone(options.email),
    name: orNone(options.name),
    identity_verified_at: orNone(options.verifiedAt),
    created_at: options.createdAt,
    last_active_at: orNone(options.lastActiveAt),
    billing_day: options.billingDay,
    org_id: orNone(options.org),
    cohorts: listOrNone(options.cohort),
    fingerprints: listOrNone(options.fingerprint),
    auto_redeem: options.autoRedeem,
    use_credits: options.useCredits,
    spending_limit: orNone(options.spendingLimit),
    pool_limit: orNone(options.poolLimit),
    billing: options.billing,
    invoice_ceiling: orNone(options.invoiceCeiling),
  });
}

/** The ETag as the API takes it: in quotes. */
function condition({ ifMatch }: Options): { ifMatch?: string } {
  return ifMatch === undefined ? {} : { ifMatch: `"${ifMatch.replaceAll('"', '')}"` };
}

/** `none` alone is the empty list. */
function listOrNone(texts: string[] | undefined): string[] | undefined {
  return texts?.length === 1 && texts[0] === 'none' ? [] : texts;
}

function momentOrNone(text: string): string {
  return text === 'none' ? text : moment(text);
}

/** Reads a limit of credits, or `none`; zero lets nothing through. */
function limit(text: string): string {
  return text === 'none' || text === '0' ? text : credits(text);
}
