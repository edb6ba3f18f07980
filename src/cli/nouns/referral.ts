/** `boon referral`: invitations of friends through the API. */
import { type Command, Option } from 'commander';
import type { ReferralView } from '../../contracts/referrals/referral.schema.ts';
import { REFERRAL_STATUSES, type ReferralStatus } from '../../domain/referral-status.ts';
import { apiClient } from '../api.ts';
import { answer, given, keyOf, moment, newCommand, withExamples, withKey } from '../command.ts';
import { more, type Paging, rowsOf, withPaging } from '../paging.ts';
import { type Block, fields, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { raiseCap, rewardWindow } from './reward-window.ts';

const REFERRAL = 'ref_06bq2n6y3v8k5s7r1x4z9m0c2d';

export function fillReferral(referral: Command, terminal: Terminal): void {
  withExamples(referral, [
    'referral create grace@example.com --from ada --program codex-selective',
    'referral list ada',
    `referral claw-back ${REFERRAL} --reason "the friend is the same person"`,
  ]);
  for (const make of [create, list, show, linkUsed, resend]) referral.addCommand(make(terminal));
  for (const action of ACTIONS) referral.addCommand(actionCommand(terminal, action));
  for (const make of [rewardWindow, raiseCap]) referral.addCommand(make(terminal));
}

type Create = { from: string; program: string; idempotencyKey?: string };

function create(terminal: Terminal): Command {
  const command = newCommand('create', 'Invite a friend into a program', [
    'referral create grace@example.com --from ada --program codex-selective',
  ])
    .argument('<address>', 'the friend’s e-mail address; they get a personal link')
    .requiredOption('--from <account>', 'who invites')
    .requiredOption('--program <name>', 'the program of the policy');
  return withKey(command, 'invites twice').action(
    async (email: string, options: Create, command: Command) => {
      const { from: referrer_id, program } = options;
      const { referrals } = await apiClient(terminal.env);
      const referral = await referrals.create({ program, referrer_id, email }, keyOf(options));
      answer(terminal, command, referral, referralBlocks(referral));
    },
  );
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show an invitation', [`referral show ${REFERRAL}`])
    .argument('<id>', 'the invitation')
    .action(async (id: string, _options: object, command: Command) => {
      const referral = await (await apiClient(terminal.env)).referrals.get(id);
      answer(terminal, command, referral, referralBlocks(referral));
    });
}

type List = Paging & { program?: string; status?: ReferralStatus };

function list(terminal: Terminal): Command {
  const command = newCommand(
    'list',
    'List the invitations of an account, or of everybody, the latest first',
    ['referral list ada', 'referral list ada --program codex-selective', 'referral list --status joined'],
  )
    .argument('[account]', 'who invited; default: everybody')
    .option('--program <name>', 'only of this program')
    .addOption(new Option('--status <status>', 'only with this status').choices(REFERRAL_STATUSES));
  return withPaging(command).action(async (account: string | undefined, options: List, command: Command) => {
    const { referrals } = await apiClient(terminal.env);
    const { program, status } = options;
    const filter = given({ program });
    const page = await rowsOf(options, (query) =>
      account === undefined || status !== undefined
        ? referrals.search({ ...filter, ...given({ status, referrer_id: account }), ...query })
        : referrals.list(account, { ...filter, ...query }),
    );
    const rows = page.data.map((one) => [
      one.id,
      one.status,
      one.program,
      ...(account === undefined ? [one.referrer_id] : []),
      one.email,
      `${one.prompts_seen}/${one.prompts_required}`,
      one.next_step,
    ]);
    const headings = [
      'invitation',
      'status',
      'program',
      ...(account === undefined ? ['from'] : []),
      'to',
      'prompts',
      'next step',
    ];
    answer(terminal, command, page, [table(headings, rows, 'No invitations.'), ...more(page)]);
  });
}

type LinkUsed = { account: string; token?: string; usedAt?: string; idempotencyKey?: string };

function linkUsed(terminal: Terminal): Command {
  const command = newCommand('link-used', 'Report that a friend signed up or in through the link', [
    `referral link-used ${REFERRAL} --account grace`,
  ])
    .argument('<id>', 'the invitation')
    .requiredOption('--account <account>', 'the friend')
    .option('--token <token>', 'what stands after #token= in the link; checked when it is given')
    .option('--used-at <time>', 'when the link was used, if it is reported later; default: now', moment);
  return withKey(command, 'reports it twice').action(
    async (id: string, options: LinkUsed, command: Command) => {
      const { account, token, usedAt } = options;
      const { referrals } = await apiClient(terminal.env);
      const body = { account_id: account, ...given({ token, used_at: usedAt }) };
      const referral = await referrals.linkUsed(id, body, keyOf(options));
      answer(terminal, command, referral, referralBlocks(referral));
    },
  );
}

function resend(terminal: Terminal): Command {
  const command = newCommand('resend', 'Mail an invitation again, at most three times', [
    `referral resend ${REFERRAL}`,
  ]).argument('<id>', 'the invitation');
  return withKey(command, 'mails it twice').action(
    async (id: string, options: { idempotencyKey?: string }, command: Command) => {
      const referral = await (await apiClient(terminal.env)).referrals.resend(id, keyOf(options));
      answer(terminal, command, referral, referralBlocks(referral));
    },
  );
}

const ACTIONS = [
  {
    name: 'cancel',
    method: 'cancel',
    summary: 'Cancel an invitation: its place is free again',
    reason: 'optional',
  },
  {
    name: 'claw-back',
    method: 'clawBack',
    summary: 'Take back what is left of the rewards',
    reason: 'required',
  },
] as const;

function actionCommand(
  terminal: Terminal,
  { name, method, summary, reason }: (typeof ACTIONS)[number],
): Command {
  const command = newCommand(name, summary, [`referral ${name} ${REFERRAL} --reason "why"`]).argument(
    '<id>',
    'the invitation',
  );
  const flag = '--reason <text>';
  const meaning = 'why; operators and the record see it';
  if (reason === 'required') command.requiredOption(flag, meaning);
  else command.option(flag, meaning);
  return withKey(command, 'acts twice').action(
    async (id: string, options: { reason?: string; idempotencyKey?: string }, self: Command) => {
      const { referrals } = await apiClient(terminal.env);
      const body = given({ reason: options.reason }) as { reason: string };
      const referral = await referrals[method](id, body, keyOf(options));
      answer(terminal, self, referral, referralBlocks(referral));
    },
  );
}

function referralBlocks(referral: ReferralView): Block[] {
  const { referrer_id: referrer, referrer_name: name } = referral;
  return [
    fields({
      invitation: referral.id,
      status: referral.status,
      program: referral.program,
      from: name == null ? referrer : `${referrer} (${name})`,
      to: referral.email,
      friend: referral.friend_id,
      prompts: `${referral.prompts_seen} of ${referral.prompts_required}`,
      'next step': referral.next_step,
      because: referral.reason_code,
      detail: referral.detail,
      reason: referral.reason,
      'works until': referral.status === 'invited' ? referral.expires_at : null,
      'rewarded at': referral.rewarded_at,
      'tried again at': referral.deferred_until,
      link: referral.link,
    }),
  ];
}
