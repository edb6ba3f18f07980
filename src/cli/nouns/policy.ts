/** `boon policy`: policy files. */
import type { Command } from 'commander';
import type { Policy } from '../../domain/policy.ts';
import { SHIPPED_POLICY } from '../../domain/shipped-policy.ts';
import { apiClient } from '../api.ts';
import { answer, newCommand, withExamples } from '../command.ts';
import { type Block, fields, table, text } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function fillPolicy(policy: Command, terminal: Terminal): void {
  withExamples(policy, ['policy show', 'policy check policy.json', 'policy open']);
  for (const make of [show, check, open]) policy.addCommand(make(terminal));
}

function check(terminal: Terminal): Command {
  return newCommand('check', 'Show whether a policy file is valid, and what it changes', [
    'policy check policy.json',
    'policy check --json policy.json',
  ])
    .argument('<file>', 'the JSON file that BOON_POLICY would name')
    .action(async (file: string, _options: object, command: Command) => {
      const { readPolicy } = await import('../../policy-file.ts');
      const { version, policy } = readPolicy(file);
      const changed = changes(policy);
      answer(terminal, command, { version, changes: changed, policy }, [
        fields({ policy: file, version }),
        '',
        ...changeBlocks(policy),
      ]);
    });
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show the policy in use, and what it changes of the shipped one', [
    'policy show',
    'policy show --json',
  ]).action(async (_options: object, command: Command) => {
    const { version, policy } = await (await apiClient(terminal.env)).policy.get();
    answer(terminal, command, { version, policy }, [fields({ version }), '', ...changeBlocks(policy)]);
  });
}

/** Longer than anybody reads; the counts cover everything. */
const MOST_LISTED = 1_000;

function changeBlocks(policy: Policy): Block[] {
  const changed = changes(policy);
  if (changed.length === 0) return ['It says what the shipped policy says.'];
  return changed.map(({ path, shipped, here }) => text(`${path}: ${here} (shipped: ${shipped})`));
}

function open(terminal: Terminal): Command {
  return newCommand('open', 'List what is still open under each policy, or under one', [
    'policy open',
    'policy open p_4b1f0c2d9a8e7f60',
    'policy open --json',
  ])
    .argument(
      '[version]',
      `one policy: lists what is still open under it, the oldest first, at most ${MOST_LISTED}`,
    )
    .action(async (version: string | undefined, _options: object, command: Command) => {
      const { withLedger } = await import('../local-ledger.ts');
      const { counts, processes } = await withLedger(terminal, async (ledger) => {
        const all = await ledger.openCounts();
        return version === undefined
          ? { counts: all, processes: undefined }
          : {
              counts: all.filter((one) => one.version === version),
              processes: await ledger.openUnder(version, MOST_LISTED),
            };
      });
      const shown =
        processes === undefined
          ? table(
              ['policy', 'what', 'program', 'how many', 'the oldest since'],
              counts.map((one) => [one.version, one.kind, one.program, one.count, one.since]),
              'Nothing goes on.',
            )
          : table(
              ['what', 'id', 'program', 'status', 'since'],
              processes.map((one) => [one.kind, one.id, one.program, one.status, one.since]),
              `Nothing is open under ${version}.`,
            );
      const isAll = (processes?.length ?? 0) < MOST_LISTED;
      answer(terminal, command, processes === undefined ? { counts } : { counts, processes }, [
        shown,
        ...(isAll ? [] : ['', 'There is more: `boon policy open` counts all of it.']),
      ]);
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
