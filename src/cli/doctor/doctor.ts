/** `boon doctor`: looks at every part and says what is wrong and what to do. */
import type { Command } from 'commander';
import type { Setting } from '../../settings.ts';
import { answer, newCommand } from '../command.ts';
import { CommandFailed } from '../failure.ts';
import { fieldLines } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import type { Finding } from './finding.ts';

export function doctorCommand(terminal: Terminal): Command {
  return newCommand('doctor', 'Look at every part and say what is wrong and what to do', [
    'doctor',
    'doctor --settings',
    'doctor --json',
  ])
    .option('--settings', 'list every setting, its default and its meaning, and look at nothing')
    .action(async (options: { settings?: true }, command: Command) => {
      if (options.settings) {
        const all = (await import('../../settings.ts')).settings();
        return answer(terminal, command, all, settingLines(all));
      }
      const { examine } = await import('./examination.ts');
      const findings = await examine(terminal.env);
      const faults = findings.filter(({ state }) => state === 'fault').length;
      answer(terminal, command, { ok: faults === 0, findings }, findings.flatMap(findingLines));
      if (faults > 0) throw new CommandFailed(faults === 1 ? 'One fault.' : `${faults} faults.`);
    });
}

const MARKS = { ok: 'ok   ', warning: 'WARN ', fault: 'FAULT', off: '-    ' } as const;

function findingLines({ part, state, detail, fix }: Finding): string[] {
  const line = `${MARKS[state]}  ${part}: ${detail}`;
  return fix === undefined ? [line] : [line, `       ${fix}`];
}

function settingLines(settings: readonly Setting[]): string[] {
  return settings.flatMap(({ name, description, default: value }) => [
    ...fieldLines({ [name]: value === undefined ? '' : `(${value})` }),
    `  ${description}`,
  ]);
}
