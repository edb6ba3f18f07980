/** `boon start`: all of Boon on this machine. */
import type { Command } from 'commander';
import { stopSignal } from '../../observability/stop-signal.ts';
import { withExamples } from '../command.ts';
import { EXIT } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

export function fillStart(command: Command, { env, print, note }: Terminal): void {
  withExamples(command, ['start']);
  command.addHelpText(
    'after',
    '\nSettings are variables: PORT, BOON_DATA_DIR, BOON_POLICY, BOON_STORY=off,\nDATABASE_URL, TEMPORAL_ADDRESS …  `boon doctor --settings` lists them all.',
  );
  command.action(async () => {
    const signal = stopSignal(() => {
      note('Stopped by force: the next start ends what is left.');
      process.exit(EXIT.failed);
    });
    // Whatever prevents a start is reported before all the rest is loaded, which takes a second.
    const { readConfig, readPolicy } = await import('../../config.ts');
    const config = readConfig(env);
    const policy = readPolicy(config.policyFile);
    const { refuseRisks } = await import('../../risks.ts');
    refuseRisks(config);
    if (config.story === 'again') {
      const { playOnRunningStart } = await import('../../local/play-again.ts');
      if (await playOnRunningStart({ config, env, print, signal })) return;
    }
    const { checkStart } = await import('../../local/start-checks.ts');
    await checkStart(config);
    const { startHere } = await import('../../local/start.ts');
    await startHere({ config, policy, env, print, signal });
  });
}
