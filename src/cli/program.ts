/** The `boon` command: its commands put together, and how it ends. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { StartCalledOff } from '../local/running-parts.ts';
import { accountCommand } from './account.ts';
import { campaignCommand } from './campaign.ts';
import { doctorCommand } from './doctor/doctor.ts';
import { EXIT, failureReport, sentence } from './failure.ts';
import { giftCommand } from './gift.ts';
import { grantCommand } from './grant.ts';
import { invoicesCommand } from './invoices.ts';
import { keysCommand } from './keys.ts';
import { ledgerCommand } from './ledger.ts';
import { migrateCommand } from './migrate.ts';
import { policyCommand } from './policy.ts';
import { purchaseCommand } from './purchase.ts';
import { redeemCommand } from './redeem.ts';
import { inviteCommand, referralsCommand } from './referrals.ts';
import { reportCommand } from './report.ts';
import { resetsCommand } from './resets.ts';
import { serverCommand, workerCommand } from './services.ts';
import { startCommand } from './start.ts';
import { stuckCommand } from './stuck.ts';
import type { Terminal } from './terminal.ts';
import { usageCommand } from './usage.ts';

/** Runs one command. @param args what follows `boon`. @returns the exit code; a service runs on after that */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await program(terminal).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof StartCalledOff) return EXIT.interrupted;
    terminal.note(args.includes('--json') ? JSON.stringify(failureReport(error), null, 2) : sentence(error));
    if (terminal.env.BOON_LOG_LEVEL === 'debug' && error instanceof Error) terminal.note(error.stack ?? '');
    return EXIT.failed;
  }
}

function program(terminal: Terminal): Command {
  const boon = new Command('boon')
    .description('Credit gifts that are screened, held and settled exactly once.')
    .version(version(), '-V, --version', 'print the version')
    .option('--json', 'answer in JSON, for programs')
    .addHelpText(
      'after',
      '\nExamples:\n  $ boon start\n  $ boon doctor\n  $ boon gift send 40 --from ada --to grace\n  $ boon ledger verify\n\n`boon <command> --help` says more about each.\nExit codes: 0 done, 1 refused or failed, 2 used wrongly.',
    );
  const commands = [
    startCommand(terminal),
    doctorCommand(terminal),
    giftCommand(terminal),
    accountCommand(terminal),
    grantCommand(terminal),
    resetsCommand(terminal),
    redeemCommand(terminal),
    purchaseCommand(terminal),
    usageCommand(terminal),
    campaignCommand(terminal),
    inviteCommand(terminal),
    referralsCommand(terminal),
    invoicesCommand(terminal),
    reportCommand(terminal),
    stuckCommand(terminal),
    keysCommand(terminal),
    policyCommand(terminal),
    ledgerCommand(terminal),
    migrateCommand(terminal),
    serverCommand(),
    workerCommand(),
  ];
  for (const command of commands) boon.addCommand(command);
  forAll(boon, (command) => {
    command.exitOverride();
    command.configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    });
    command.configureHelp({ showGlobalOptions: true, sortSubcommands: false });
    command.helpOption('-h, --help', 'tell how to use it');
  });
  return boon;
}

function forAll(command: Command, change: (command: Command) => void): void {
  change(command);
  for (const inner of command.commands) forAll(inner, change);
}

/** Of the package, which is two folders above both the sources and the compiled code. */
function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
