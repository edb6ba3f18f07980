/** `boon policy`: policy files. */
import type { Command } from 'commander';
import type { Policy } from '../domain/policy.ts';
import { SHIPPED_POLICY } from '../domain/shipped-policy.ts';
import { apiClient } from './api.ts';
import { answer, newCommand } from './command.ts';
import { fieldLines, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

export function policyCommand(terminal: Terminal): Command {
  const policy = newCommand(
    'policy',
    'Show the policy in use, check a policy file, and list what is still open under earlier policies',
    ['policy show', 'policy check policy.json', 'policy open'],
  );
  return policy
    .addCommand(show(terminal))
    .addCommand(open(terminal))
    .addCommand(
      newCommand('check', 'Show whether a policy file is valid, and what it changes', [
        'policy check policy.json',
        'policy check --json policy.json',
      ])
        .argument('<file>', 'the JSON file that BOON_POLICY would name')
        .action(async (file: string, _options: object, command: Command) => {
          const { readPolicy } = await import('../policy-file.ts');
          const { version, policy } = readPolicy(file);
          const changed = changes(policy);
          const lines = [...fieldLines({ policy: file, version }), '', ...changeLines(policy)];
          answer(terminal, command, { version, changes: changed, policy }, lines);
        }),
    );
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show the policy in use, and what it changes of the shipped one', [
    'policy show',
    'policy show --json',
  ]).action(async (_options: object, command: Command) => {
    const { version, policy } = await (await apiClient(terminal.env)).policy.get();
    answer(terminal, command, { version, policy }, [...fieldLines({ version }), '', ...changeLines(policy)]);
  });
}

/** Longer than anybody reads; the counts cover everything. */
const MOST_LISTED = 1_000;

function changeLines(policy: Policy): string[] {
  const changed = changes(policy);
  if (changed.length === 0) return ['It says what the shipped policy says.'];
  return changed.map(({ path, shipped, here }) => `${path}: ${here} (shipped: ${shipped})`);
}

function open(terminal: Terminal): Command {
  return newCommand(
    'open',
    'List what is still open under each policy, or under one: it ends under the terms that it began under',
    ['policy open', 'policy open p_4b1f0c2d9a8e7f60', 'policy open --json'],
  )
    .argument(
      '[version]',
      `one policy: lists what is still open under it, the oldest first, at most ${MOST_LISTED}`,
    )
    .action(async (version: string | undefined, _options: object, command: Command) => {
      const { withLedger } = await import('./local-ledger.ts');
      const { counts, processes } = await withLedger(terminal, async (ledger) => {
        const all = await ledger.openCounts();
        return version === undefined
          ? { counts: all, processes: undefined }
          : {
              counts: all.filter((one) => one.version === version),
              processes: await ledger.openUnder(version, MOST_LISTED),
            };
      });
      const lines =
        processes === undefined
          ? tableLines(
              ['policy', 'what', 'program', 'how many', 'the oldest since'],
              counts.map((one) => [one.version, one.kind, one.program, one.count, one.since]),
              'Nothing goes on.',
            )
          : tableLines(
              ['what', 'id', 'program', 'status', 'since'],
              processes.map((one) => [one.kind, one.id, one.program, one.status, one.since]),
              `Nothing is open under ${version}.`,
            );
      answer(terminal, command, processes === undefined ? { counts } : { counts, processes }, lines);
    });
}

type Change = { path: string; shipped: string; here: string };

/** Where the policy differs from the shipped one. */
function changes(policy: Policy): Change[] {
  const shipped = leaves(SHIPPED_POLICY, '');
  return [...leaves(policy, '')].flatMap(([path, here]) => {
    const was = shipped.get(path) ?? '(nothing)';
    return was === here ? [] : [{ path, shipped: was, here }];
  });
}

function leaves(value: unknown, path: string): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[path, JSON.stringify(value)]]);
  const inner = Object.entries(value).flatMap(([key, child]) => [
    ...leaves(child, path === '' ? key : `${path}.${key}`),
  ]);
  return new Map(inner);
}
