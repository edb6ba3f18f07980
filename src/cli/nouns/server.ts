/** `boon server`: the HTTP server alone, for production, and what one that runs says of itself. */
import type { Command } from 'commander';
import { publicText } from '../api.ts';
import { answer, newCommand, withExamples } from '../command.ts';
import { CommandFailed } from '../failure.ts';
import { fields } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { untilASignal } from './worker.ts';

export function fillServer(server: Command, terminal: Terminal): void {
  withExamples(server, ['server', 'server readiness']);
  server.addCommand(run(), { isDefault: true });
  for (const make of [health, readiness, metrics]) server.addCommand(make(terminal));
}

function run(): Command {
  const summary = 'Run the HTTP server alone; needs DATABASE_URL and BOON_ENCRYPTION_KEY';
  return newCommand('run', summary, ['server run']).action(async () => {
    const { runServer } = await import('../../server.ts');
    await untilASignal(runServer);
  });
}

function health(terminal: Terminal): Command {
  return newCommand('health', 'Show that the server lives; it asks nobody else', ['server health']).action(
    async (_options: object, command: Command) => {
      const said = JSON.parse(await publicText(terminal.env, '/healthz'));
      answer(terminal, command, said, [fields(said)]);
    },
  );
}

function readiness(terminal: Terminal): Command {
  return newCommand(
    'readiness',
    'Show whether the server, its database, Temporal and workers can work; exit code 1 when they cannot',
    ['server readiness --json'],
  ).action(async (_options: object, command: Command) => {
    const said = JSON.parse(await publicText(terminal.env, '/readyz'));
    const { checks, ...rest } = said;
    answer(terminal, command, said, [fields({ ...rest, ...checks })]);
    if (said.status !== 'ready')
      throw new CommandFailed(`The server is ${said.status}: \`boon doctor\` says why.`);
  });
}

function metrics(terminal: Terminal): Command {
  return newCommand('metrics', 'Print the metrics of the server, as Prometheus reads them', [
    'server metrics',
  ]).action(async (_options: object, command: Command) => {
    const text = await publicText(terminal.env, '/metrics');
    answer(terminal, command, { metrics: text }, text.trimEnd().split('\n'));
  });
}
