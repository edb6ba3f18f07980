/** `boon report`: what became of a program's invitations, through the API. */
import type { Command } from 'commander';
import { reportCsv } from '../contracts/referrals/program-report.ts';
import { apiClient } from './api.ts';
import { answer, newCommand } from './command.ts';
import { fieldLines, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

type Options = { from?: string; to?: string; csv?: boolean };

export function reportCommand(terminal: Terminal): Command {
  return newCommand('report', 'Report what became of a program’s invitations, by day', [
    'report codex-pilot --from 2026-06-11 --to 2026-06-24',
    'report codex-selective --csv > june.csv',
  ])
    .argument('<program>', 'the program of the policy')
    .option('--from <day>', 'first day (UTC); left out: 29 days before the last')
    .option('--to <day>', 'last day (UTC), counted too; left out: today')
    .option('--csv', 'a line of comma-separated values for each day')
    .action(async (program: string, { csv, ...query }: Options, command: Command) => {
      const report = await (await apiClient(terminal.env)).programs.report(program, query);
      if (csv === true) return terminal.print(reportCsv(report).trimEnd());
      const { totals } = report;
      const reasons = Object.entries(totals.refused_by_reason).map(([reason, count]) => `${reason} ${count}`);
      const busy = report.days.filter(({ refused_by_reason: _, day: __, ...counts }) =>
        Object.values(counts).some((count) => count > 0),
      );
      answer(terminal, command, report, [
        ...fieldLines({
          program: report.program,
          days: `${report.from} to ${report.to}`,
          sent: `${totals.sent} by ${report.inviters} people`,
          opened: totals.opened,
          joined: totals.joined,
          qualified: totals.qualified,
          rewarded: totals.rewarded,
          refused: reasons.length === 0 ? totals.refused : `${totals.refused}: ${reasons.join(', ')}`,
          expired: totals.expired,
          canceled: totals.canceled,
          'K-factor': report.k_factor,
        }),
        '',
        ...tableLines(
          ['day', 'sent', 'opened', 'joined', 'qualified', 'rewarded', 'refused'],
          busy.map((day) => [
            day.day,
            day.sent,
            day.opened,
            day.joined,
            day.qualified,
            day.rewarded,
            day.refused,
          ]),
          'Nothing happened on these days.',
        ),
      ]);
    });
}
