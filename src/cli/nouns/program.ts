/** `boon program`: referral programs, through the API. */
import type { Command } from 'commander';
import { reportCsv } from '../../contracts/referrals/program-report.ts';
import { apiClient } from '../api.ts';
import { answer, given, newCommand, withExamples } from '../command.ts';
import { fields, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function fillProgram(program: Command, terminal: Terminal): void {
  withExamples(program, ['program report codex-pilot --from 2026-06-11']);
  program.addCommand(report(terminal));
}

type Report = { from?: string; to?: string; csv?: boolean };

function report(terminal: Terminal): Command {
  return newCommand('report', 'Report what a program’s invitations led to, by day', [
    'program report codex-pilot --from 2026-06-11 --to 2026-06-24',
    'program report codex-selective --csv > june.csv',
  ])
    .argument('<program>', 'the program of the policy')
    .option('--from <day>', 'first day (UTC); default: 29 days before the last')
    .option('--to <day>', 'last day (UTC), counted too; default: today')
    .option('--csv', 'a line of comma-separated values for each day')
    .action(async (program: string, { csv, from, to }: Report, command: Command) => {
      const report = await (await apiClient(terminal.env)).programs.report(program, given({ from, to }));
      if (csv === true) return terminal.print(reportCsv(report).trimEnd());
      const { totals } = report;
      const reasons = Object.entries(totals.refused_by_reason).map(([reason, count]) => `${reason} ${count}`);
      const busy = report.days.filter(({ refused_by_reason: _, day: __, ...counts }) =>
        Object.values(counts).some((count) => count > 0),
      );
      answer(terminal, command, report, [
        fields({
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
        table(
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
