/** `boon policy`: policy files. */
import type { Command } from 'commander';
import { readPolicy } from '../config.ts';
import type { Policy } from '../domain/policy.ts';
import { SHIPPED_POLICY } from '../domain/shipped-policy.ts';
import { answer, newCommand } from './command.ts';
import { fieldLines } from './table.ts';
import type { Terminal } from './terminal.ts';

export function policyCommand(terminal: Terminal): Command {
  const policy = newCommand('policy', 'Check a policy file before Boon starts with it', [
    'policy check policy.json',
  ]);
  return policy.addCommand(
    newCommand('check', 'Tell whether a policy file validates, and what it changes', [
      'policy check policy.json',
      'policy check --json policy.json',
    ])
      .argument('<file>', 'the JSON file that BOON_POLICY would name')
      .action((file: string, _options: object, command: Command) => {
        const { version, policy } = readPolicy(file);
        const changed = changes(policy);
        const lines = [
          ...fieldLines({ policy: file, version }),
          '',
          ...(changed.length === 0
            ? ['It says what the shipped policy says.']
            : changed.map(({ path, shipped, here }) => `${path}: ${here} (shipped: ${shipped})`)),
        ];
        answer(terminal, command, { version, changes: changed, policy }, lines);
      }),
  );
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
