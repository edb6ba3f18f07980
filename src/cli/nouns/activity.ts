/** `boon activity`: what accounts do, reported through the API. */
import { Argument, type Command } from 'commander';
import type { ActivityBody } from '../../contracts/referrals/activity.schema.ts';
import { apiClient } from '../api.ts';
import { answer, moment, newCommand, withExamples } from '../command.ts';
import { fields } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const EXAMPLE = 'activity record grace prompt --id msg_018f';

export function fillActivity(activity: Command, terminal: Terminal): void {
  withExamples(activity, [EXAMPLE]).addCommand(record(terminal));
}

function record(terminal: Terminal): Command {
  return newCommand('record', 'Report a login or a prompt of an account, which referrals count', [EXAMPLE])
    .argument('<account>', 'the account')
    .addArgument(new Argument('<kind>', 'what it did').choices(['login', 'prompt']))
    .option('--id <id>', 'the same id counts once; default: a new one')
    .option('--at <time>', 'when it happened; default: now', moment)
    .action(
      async (
        account_id: string,
        kind: ActivityBody['kind'],
        { id = crypto.randomUUID(), at = new Date().toISOString() }: { id?: string; at?: string },
        command: Command,
      ) => {
        const { activity } = await apiClient(terminal.env);
        const accepted = await activity.record({ id, account_id, kind, at });
        answer(terminal, command, accepted, [fields({ account: account_id, reported: kind, id, at })]);
      },
    );
}
