/** `boon reset redeem`: spends a banked reset through the API, or shows what that would do. */
import type { Command } from 'commander';
import type { Redemption, Windows } from '../../contracts/resets/reset.schema.ts';
import { apiClient } from '../api.ts';
import { answer, given, newCommand } from '../command.ts';
import { type Block, fields, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

type Redeem = { reset?: string; preview?: true; requestId?: string };

export function redeem(terminal: Terminal): Command {
  return newCommand('redeem', 'Redeem a banked reset: the 5-hour and the weekly window are full again', [
    'reset redeem ada --preview',
    'reset redeem ada',
    'reset redeem ada --reset rst_1042',
  ])
    .argument('<account>', 'the account')
    .option('--reset <id>', 'this one; default: the one that expires soonest')
    .option('--preview', 'show what would happen, and do nothing')
    .option('--request-id <id>', 'the same id never redeems twice; default: a new one')
    .action(async (account: string, { reset, preview, requestId }: Redeem, command: Command) => {
      const redemption = await (await apiClient(terminal.env)).resets.redeem(
        account,
        given({ request_id: requestId, reset_id: reset, dry_run: preview }),
      );
      answer(terminal, command, redemption, redemptionBlocks(redemption));
    });
}

function redemptionBlocks(redemption: Redemption): Block[] {
  return [
    fields({
      outcome: redemption.outcome,
      meaning: meaning(redemption),
      reset: redemption.reset_id,
      'redeemed at': redemption.redeemed_at,
    }),
    '',
    windowTable(redemption.before, redemption.after),
  ];
}

function meaning({ outcome, dry_run }: Redemption): string {
  switch (outcome) {
    case 'reset':
      return dry_run ? 'both windows would be full again' : 'both windows are full again';
    case 'nothing_to_reset':
      return 'nothing is used, so nothing is spent';
    case 'no_credit':
      return 'there is no such reset to redeem';
    case 'already_redeemed':
      return 'it was redeemed before, with this effect';
  }
}

function windowTable(before: Windows, after: Windows): Block {
  const rows = (name: string, kind: keyof Windows) =>
    Object.entries({ before, after }).map(([when, { [kind]: window }]) => [
      `${name}, ${when}`,
      window.used,
      window.limit ?? 'no limit',
      window.resets_at,
    ]);
  const headings = ['window', 'used', 'of', 'resets at'];
  return table(headings, [...rows('5 hours', 'five_hour'), ...rows('week', 'weekly')], '');
}
