/** `boon program`: referral programs, through the API. */
import type { Command } from 'commander';
import { packageText } from '../../contracts/purchases/purchase.ts';
import { reportCsv } from '../../contracts/referrals/program-report.ts';
import { apiClient } from '../api.ts';
import { answer, given, newCommand, withExamples } from '../command.ts';
import { more, type Paging, rowsOf, withPaging } from '../paging.ts';
import { fields, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function fillProgram(program: Command, terminal: Terminal): void {
  withExamples(program, ['program list', 'program report codex-pilot --from 2026-06-11']);
  for (const make of [list, show, report]) program.addCommand(make(terminal));
}

function list(terminal: Terminal): Command {
  const command = newCommand('list', 'List the programs of the policy in use', ['program list']);
  return withPaging(command).action(async (paging: Paging, command: Command) => {
    const { programs } = await apiClient(terminal.env);
    const page = await rowsOf(paging, (query) => programs.list(query));
    const rows = page.data.map((one) => [
      one.id,
      one.state,
      rewardText(one.rewards.referrer),
      rewardText(one.rewards.friend),
      one.closes_at ?? 'never',
    ]);
    const headings = ['program', 'state', 'who invites gets', 'the friend gets', 'closes'];
    answer(terminal, command, page, [table(headings, rows, 'No programs.'), ...more(page)]);
  });
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show a program: its terms, and whether it is open', ['program show codex-pilot'])
    .argument('<program>', 'the program of the policy')
    .action(async (name: string, _options: object, command: Command) => {
      const program = await (await apiClient(terminal.env)).programs.get(name);
      answer(terminal, command, program, [
        fields({
          program: program.id,
          state: program.state,
          'opens at': program.opens_at,
          'closes at': program.closes_at,
          plans: program.plans.join(' '),
          cohort: program.cohort,
          invitations: program.invites,
          'prompts of the friend': program.prompts,
          'who invites gets': rewardText(program.rewards.referrer),
          'the friend gets': rewardText(program.rewards.friend),
          'rewards in a month': `${program.monthly_cap}, beyond that: ${program.over_cap}`,
          'invitation valid for': program.invite_valid_for,
          'taken back within': program.clawback_within,
          'credits valid for': program.credits_valid_for,
        }),
      ]);
    });
}

function rewardText(reward: { resets: number; credits: string } | null): string {
  if (reward === null) return 'nothing';
  const resets = reward.resets === 0 ? [] : [packageText({ credits: '0', resets: reward.resets })];
  const credits = reward.credits === '0' ? [] : [`${reward.credits} credits`];
  return [...resets, ...credits].join(' and ');
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
