/** `boon invite` and `boon referrals`: invitations of friends through the API. */
import type { Command } from 'commander';
import { firstDayOf } from '../contracts/billing/invoice.ts';
import type { ReferralView } from '../contracts/referrals/referral.schema.ts';
import { apiClient } from './api.ts';
import { answer, newCommand, wholeNumber } from './command.ts';
import { fieldLines, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

type Invite = { from: string; program: string; idempotencyKey?: string };
type List = { program?: string; limit: number };

/** `boon invite`: invites a friend into a program. */
export function inviteCommand(terminal: Terminal): Command {
  return newCommand('invite', 'Invite a friend into a program', [
    'invite grace@example.com --from ada --program codex-selective',
  ])
    .argument('<address>', 'the friend’s e-mail address; they get a personal link')
    .requiredOption('--from <account>', 'who invites')
    .requiredOption('--program <name>', 'the program of the policy')
    .option('--idempotency-key <key>', 'the same key never invites twice; left out: a new one')
    .action(async (email: string, options: Invite, command: Command) => {
      const { from: referrer_id, program, idempotencyKey } = options;
      const client = await apiClient(terminal.env);
      const referral = await client.referrals.create(
        { program, referrer_id, email },
        idempotencyKey === undefined ? {} : { idempotencyKey },
      );
      answer(terminal, command, referral, referralLines(referral));
    });
}

/** `boon referrals`: looks at invitations, and acts on them. */
export function referralsCommand(terminal: Terminal): Command {
  const referrals = newCommand('referrals', 'Look at invitations and act on them', [
    'referrals list ada',
    'referrals claw-back ref_06bq2n6y3v8k5s7r1x4z9m0c2d --reason "the friend is the same person"',
    'referrals raise-cap ada 5 --program codex-selective --reason "speaker at our conference"',
  ]);
  referrals.addCommand(show(terminal));
  referrals.addCommand(list(terminal));
  referrals.addCommand(resend(terminal));
  for (const action of ACTIONS) referrals.addCommand(actionCommand(terminal, action));
  referrals.addCommand(raiseCap(terminal));
  return referrals;
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show an invitation')
    .argument('<id>', 'the invitation')
    .action(async (id: string, _options: object, command: Command) => {
      const referral = await (await apiClient(terminal.env)).referrals.get(id);
      answer(terminal, command, referral, referralLines(referral));
    });
}

function list(terminal: Terminal): Command {
  return newCommand('list', 'List an account’s invitations, the latest first, each with what is missing')
    .argument('<account>', 'who invited')
    .option('--program <name>', 'only those into this program')
    .option('--limit <count>', 'at most this many', wholeNumber(1), 20)
    .action(async (account: string, { limit, program }: List, command: Command) => {
      const client = await apiClient(terminal.env);
      const query = { limit: Math.min(limit, 100), ...(program === undefined ? {} : { program }) };
      const found: ReferralView[] = [];
      for await (const referral of client.referrals.listAll(account, query)) {
        found.push(referral);
        if (found.length === limit) break;
      }
      const rows = found.map((one) => [
        one.id,
        one.status,
        one.program,
        one.email,
        `${one.prompts_seen}/${one.prompts_required}`,
        one.next_step,
      ]);
      const headings = ['invitation', 'status', 'program', 'to', 'prompts', 'next step'];
      answer(terminal, command, found, tableLines(headings, rows, 'No invitations.'));
    });
}

function resend(terminal: Terminal): Command {
  return newCommand('resend', 'Mail an invitation again, at most three times')
    .argument('<id>', 'the invitation')
    .action(async (id: string, _options: object, command: Command) => {
      const referral = await (await apiClient(terminal.env)).referrals.resend(id);
      answer(terminal, command, referral, referralLines(referral));
    });
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
  const command = newCommand(name, summary, [
    `referrals ${name} ref_06bq2n6y3v8k5s7r1x4z9m0c2d --reason "why"`,
  ])
    .argument('<id>', 'the invitation')
    .action(async (id: string, options: { reason?: string }, self: Command) => {
      const { referrals } = await apiClient(terminal.env);
      const referral = await referrals[method](id, options as { reason: string });
      answer(terminal, self, referral, referralLines(referral));
    });
  const flag = '--reason <text>';
  const meaning = 'why; operators and the record see it';
  return reason === 'required' ? command.requiredOption(flag, meaning) : command.option(flag, meaning);
}

function raiseCap(terminal: Terminal): Command {
  return newCommand('raise-cap', 'Let an account’s present billing month hold more rewards')
    .argument('<account>', 'whose month')
    .argument('<cap>', 'how many rewards it may hold', wholeNumber(1))
    .requiredOption('--program <name>', 'the program')
    .requiredOption('--reason <text>', 'why; it is kept in the record')
    .action(
      async (account: string, cap: number, body: { program: string; reason: string }, command: Command) => {
        const client = await apiClient(terminal.env);
        const window = await client.referrals.raiseCap(account, { cap, ...body });
        const { program, month, claimed } = window;
        const lines = {
          program,
          month: firstDayOf(window),
          'ends at': month.ends_at,
          cap: window.cap,
          given: claimed.length,
        };
        answer(terminal, command, window, fieldLines(lines));
      },
    );
}

function referralLines(referral: ReferralView): string[] {
  return fieldLines({
    invitation: referral.id,
    status: referral.status,
    program: referral.program,
    from:
      referral.referrer_name == null
        ? referral.referrer_id
        : `${referral.referrer_id} (${referral.referrer_name})`,
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
  });
}
