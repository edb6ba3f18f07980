/** `boon doctor`: looks at every part and says what is wrong and what to do. */
import type { Command } from 'commander';
import type { Setting } from '../../settings.ts';
import { answer, withExamples } from '../command.ts';
import { CommandFailed } from '../failure.ts';
import { type Block, fields, wrapped } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import type { Finding } from './finding.ts';

export function fillDoctor(doctor: Command, terminal: Terminal): void {
  withExamples(doctor, ['doctor', 'doctor --settings', 'doctor --json'])
    .option('--settings', 'list every setting, its default and its meaning, and look at nothing')
    .action(async (options: { settings?: true }, command: Command) => {
      if (options.settings) {
        const all = (await import('../../settings.ts')).settings();
        return answer(terminal, command, all, settingBlocks(all));
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

function settingBlocks(settings: readonly Setting[]): Block[] {
  return settings.flatMap(({ name, description, default: value }) => [
    fields({ [name]: value === undefined ? '' : `(${value})` }),
    (width: number) => wrapped(description, width - 2).map((line) => `  ${line}`),
  ]);
}
