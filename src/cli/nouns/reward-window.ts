/** `boon referral reward-window` and `raise-cap`: the rewards that a billing month holds, through the API. */
import type { Command } from 'commander';
import { firstDayOf } from '../../contracts/billing/invoice.ts';
import type { RewardWindowView } from '../../contracts/referrals/referral.schema.ts';
import { apiClient } from '../api.ts';
import { answer, given, keyOf, newCommand, wholeNumber, withKey } from '../command.ts';
import { type Block, fields } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function rewardWindow(terminal: Terminal): Command {
  return newCommand('reward-window', 'Show how many rewards an account’s billing month holds and has', [
    'referral reward-window ada --program codex-selective',
  ])
    .argument('<account>', 'whose month')
    .requiredOption('--program <name>', 'the program')
    .action(async (account: string, { program }: { program: string }, command: Command) => {
      const window = await (await apiClient(terminal.env)).referrals.rewardWindow(account, program);
      answer(terminal, command, window, windowBlocks(window));
    });
}

type Raise = { program: string; reason: string; month?: string; idempotencyKey?: string };

export function raiseCap(terminal: Terminal): Command {
  const command = newCommand('raise-cap', 'Let an account’s present billing month hold more rewards', [
    'referral raise-cap ada 5 --program codex-selective --reason "speaker at our conference"',
  ])
    .argument('<account>', 'whose month')
    .argument('<cap>', 'how many rewards it may hold', wholeNumber(1))
    .requiredOption('--program <name>', 'the program')
    .requiredOption('--reason <text>', 'why; it is kept in the record')
    .option('--month <day>', 'first day of the month; default: the present one');
  return withKey(command, 'raises twice').action(
    async (account: string, cap: number, options: Raise, command: Command) => {
      const { program, reason, month } = options;
      const { referrals } = await apiClient(terminal.env);
      const body = { cap, program, reason, ...given({ month }) };
      const window = await referrals.raiseCap(account, body, keyOf(options));
      answer(terminal, command, window, windowBlocks(window));
    },
  );
}

function windowBlocks(window: RewardWindowView): Block[] {
  const { program, month, cap, claimed } = window;
  return [
    fields({ program, month: firstDayOf(window), 'ends at': month.ends_at, cap, given: claimed.length }),
  ];
}
