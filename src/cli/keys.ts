/** `boon keys`: API keys of services, through the API. */
import { type Command, Option } from 'commander';
import type { ApiKey, ApiKeyWithSecret } from '../contracts/accounts/api-key.schema.ts';
import { EVERY_SCOPE, type GrantedScope, SCOPES } from '../contracts/accounts/scopes.ts';
import { apiClient } from './api.ts';
import { answer, moment, newCommand, wholeNumber } from './command.ts';
import { fieldLines, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

export function keysCommand(terminal: Terminal): Command {
  const keys = newCommand('keys', 'Make, list, rotate and revoke API keys', [
    'keys create "billing service" --scope accounts:write grants:write',
    'keys rotate key_06bq2n6y3v8k5s7r1x4z9m0c2d --grace 3600',
  ]);
  for (const make of [create, list, rotate, revoke]) keys.addCommand(make(terminal));
  return keys;
}

function create(terminal: Terminal): Command {
  return newCommand('create', 'Make a key; it is shown this once', [
    'keys create "billing service" --scope accounts:write grants:write',
  ])
    .argument('<name>', 'who uses it')
    .addOption(
      new Option('--scope <scope...>', 'what it may do; *: everything')
        .choices([...SCOPES, EVERY_SCOPE])
        .makeOptionMandatory(),
    )
    .option('--expires-at <time>', 'when it stops working; left out: never', moment)
    .action(
      async (name: string, options: { scope: GrantedScope[]; expiresAt?: string }, command: Command) => {
        const client = await apiClient(terminal.env);
        const expires = options.expiresAt === undefined ? {} : { expires_at: options.expiresAt };
        const key = await client.apiKeys.create({ name, scopes: options.scope, ...expires });
        answer(terminal, command, key, keyLines(key));
      },
    );
}

function list(terminal: Terminal): Command {
  return newCommand('list', 'List the keys that have not been revoked').action(
    async (_options: object, command: Command) => {
      const keys = [];
      for await (const key of (await apiClient(terminal.env)).apiKeys.listAll({ limit: 100 })) keys.push(key);
      const rows = keys.map((key) => [
        key.id,
        key.name,
        key.scopes.join(' '),
        key.last_used_at,
        key.expires_at ?? 'never',
      ]);
      const headings = ['key', 'name', 'scopes', 'last used at', 'expires'];
      answer(terminal, command, keys, tableLines(headings, rows, 'No keys.'));
    },
  );
}

function rotate(terminal: Terminal): Command {
  return newCommand('rotate', 'Replace a key; the old one works a while longer')
    .argument('<id>', 'the key')
    .option('--grace <seconds>', 'how long the old one works; left out: a day', wholeNumber(0))
    .action(async (id: string, { grace }: { grace?: number }, command: Command) => {
      const client = await apiClient(terminal.env);
      const key = await client.apiKeys.rotate(id, grace === undefined ? {} : { grace_seconds: grace });
      answer(terminal, command, key, keyLines(key));
    });
}

function revoke(terminal: Terminal): Command {
  return newCommand('revoke', 'Revoke a key: it stops working within seconds')
    .argument('<id>', 'the key')
    .action(async (id: string, _options: object, command: Command) => {
      await (await apiClient(terminal.env)).apiKeys.revoke(id);
      answer(terminal, command, { id, revoked: true }, [`${id} is revoked.`]);
    });
}

function shownOnce(key: ApiKeyWithSecret | ApiKey): string | null {
  if (!('key' in key)) return null;
  return key.key === null ? 'was shown before; rotate it to get another' : `${key.key} (shown this once)`;
}

function keyLines(key: ApiKeyWithSecret | ApiKey): string[] {
  return fieldLines({
    id: key.id,
    name: key.name,
    scopes: key.scopes.join(' '),
    expires: key.expires_at ?? 'never',
    'old one until': key.previous_works_until,
    key: shownOnce(key),
  });
}
