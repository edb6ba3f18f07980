/** `boon ledger`: proving and sealing the ledger, and comparing it with Stripe, on the database itself. */
import type { Command } from 'commander';
import type { VerifyReport } from '../../ledger/verify.ts';
import { answer, newCommand, withExamples } from '../command.ts';
import { compareStripe } from '../compare-stripe/compare-stripe.ts';
import { CommandFailed, UsedWrongly } from '../failure.ts';
import { type Block, text } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function fillLedger(ledger: Command, terminal: Terminal): void {
  withExamples(ledger, [
    'ledger verify',
    'ledger verify --json',
    'ledger compare-stripe --since 2026-06-11T09:00:00Z',
  ]);
  for (const make of [verify, seal, compareStripe]) ledger.addCommand(make(terminal));
}

function verify(terminal: Terminal): Command {
  return newCommand(
    'verify',
    'Prove every invariant from the rows, in one snapshot, and that nothing is overdue; exit code 1 when one is broken',
    ['ledger verify', 'ledger verify --since-checkpoint'],
  )
    .option('--full', 'prove everything (the default), and keep a checkpoint when it holds')
    .option(
      '--since-checkpoint',
      'prove what was written since the last checkpoint, and everything if there is none or it is not valid',
    )
    .action(async (options: { full?: boolean; sinceCheckpoint?: boolean }, command: Command) => {
      if (options.full === true && options.sinceCheckpoint === true)
        throw new UsedWrongly('Give --full or --since-checkpoint, not both.');
      const began = performance.now();
      const seconds = () => `${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s`;
      const { withLedger } = await import('../local-ledger.ts');
      const report = await withLedger(terminal, (ledger) =>
        ledger.verify((check) => terminal.note(`[${seconds()}] ${check}`), {
          at: new Date().toISOString(),
          sinceCheckpoint: options.sinceCheckpoint,
          keepCheckpoint: true,
        }),
      );
      answer(terminal, command, report, reportBlocks(report));
      if (!report.ok)
        throw new CommandFailed('The ledger does not hold: each broken invariant is named above.');
    });
}

function reportBlocks({ ok, checked, violations, since_checkpoint }: VerifyReport): Block[] {
  const counts = Object.entries(checked).map(([what, count]) => `${count} ${what}`);
  const broken = violations.map(({ invariant, detail }) => text(`BROKEN  ${invariant}: ${detail}`));
  const since =
    since_checkpoint === null
      ? ['There was no valid checkpoint: everything was proved.']
      : since_checkpoint === undefined
        ? []
        : [`Proved what was written since checkpoint ${since_checkpoint}.`];
  return [
    ...since,
    ...broken,
    ...(ok ? ['Every invariant holds.'] : []),
    text(`Looked at ${counts.join(', ')}.`),
  ];
}

function seal(terminal: Terminal): Command {
  return newCommand(
    'seal',
    'Seal what was posted into hash-chained blocks; the schedule does so each minute',
    ['ledger seal'],
  ).action(async (_options: object, command: Command) => {
    const { withLedger } = await import('../local-ledger.ts');
    const blocks = await withLedger(terminal, (ledger) => ledger.sealBlocks(new Date().toISOString()));
    answer(terminal, command, { blocks }, [
      blocks === 0 ? 'Nothing new to seal.' : `Sealed ${blocks} blocks.`,
    ]);
  });
}
