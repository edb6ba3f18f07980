/** `boon key`: API keys of services, through the API. */
import { type Command, Option } from 'commander';
import type { ApiKey, ApiKeyWithSecret } from '../../contracts/accounts/api-key.schema.ts';
import { EVERY_SCOPE, type GrantedScope, SCOPES } from '../../contracts/accounts/scopes.ts';
import { apiClient } from '../api.ts';
import { answer, given, keyOf, moment, newCommand, wholeNumber, withExamples, withKey } from '../command.ts';
import { more, type Paging, rowsOf, withPaging } from '../paging.ts';
import { type Block, fields, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const KEY = 'key_06bq2n6y3v8k5s7r1x4z9m0c2d';

export function fillKey(key: Command, terminal: Terminal): void {
  withExamples(key, [
    'key create "billing service" --scope accounts:write grants:write',
    `key rotate ${KEY} --grace 3600`,
  ]);
  for (const make of [create, list, show, rotate, revoke]) key.addCommand(make(terminal));
}

type Create = { scope: GrantedScope[]; expiresAt?: string; idempotencyKey?: string };

function create(terminal: Terminal): Command {
  const command = newCommand('create', 'Make a key; it is shown only now', [
    'key create "billing service" --scope accounts:write grants:write',
  ])
    .argument('<name>', 'who uses it')
    .addOption(
      new Option('--scope <scope...>', 'what it may do; "*" is everything')
        .choices([...SCOPES, EVERY_SCOPE])
        .makeOptionMandatory(),
    )
    .option('--expires-at <time>', 'when it stops working; default: never', moment);
  return withKey(command, 'makes two').action(async (name: string, options: Create, command: Command) => {
    const body = { name, scopes: options.scope, ...given({ expires_at: options.expiresAt }) };
    const key = await (await apiClient(terminal.env)).apiKeys.create(body, keyOf(options));
    answer(terminal, command, key, keyBlocks(key));
  });
}

function list(terminal: Terminal): Command {
  const command = newCommand('list', 'List the keys, those that were revoked too', ['key list']);
  return withPaging(command).action(async (paging: Paging, command: Command) => {
    const { apiKeys } = await apiClient(terminal.env);
    const page = await rowsOf(paging, (query) => apiKeys.list(query));
    const rows = page.data.map((key) => [
      key.id,
      key.name,
      key.last_used_at,
      ending(key),
      key.scopes.join(' '),
    ]);
    const headings = ['key', 'name', 'last used at', 'ends', 'scopes'];
    answer(terminal, command, page, [table(headings, rows, 'No keys.'), ...more(page)]);
  });
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show a key: what it may do, and when it was last used', [`key show ${KEY}`])
    .argument('<id>', 'the key')
    .action(async (id: string, _options: object, command: Command) => {
      const key = await (await apiClient(terminal.env)).apiKeys.get(id);
      answer(terminal, command, key, keyBlocks(key));
    });
}

type Rotate = { grace?: number; idempotencyKey?: string };

function rotate(terminal: Terminal): Command {
  const command = newCommand('rotate', 'Replace a key; the old one works a while longer', [
    `key rotate ${KEY} --grace 0`,
  ])
    .argument('<id>', 'the key')
    .option('--grace <seconds>', 'how long the old one works; default: a day', wholeNumber(0));
  return withKey(command, 'rotates twice').action(async (id: string, options: Rotate, command: Command) => {
    const { apiKeys } = await apiClient(terminal.env);
    const key = await apiKeys.rotate(id, given({ grace_seconds: options.grace }), keyOf(options));
    answer(terminal, command, key, keyBlocks(key));
  });
}

function revoke(terminal: Terminal): Command {
  return newCommand('revoke', 'Revoke a key: it stops working within seconds', [`key revoke ${KEY}`])
    .argument('<id>', 'the key')
    .action(async (id: string, _options: object, command: Command) => {
      await (await apiClient(terminal.env)).apiKeys.revoke(id);
      answer(terminal, command, { id, revoked: true }, [`${id} is revoked.`]);
    });
}

/** How long it works. */
function ending({ expires_at, revoked_at, revoked_by }: ApiKeyWithSecret | ApiKey): string {
  if (revoked_at !== null) return `revoked at ${revoked_at} by ${revoked_by}`;
  return expires_at ?? 'never';
}

function keyBlocks(key: ApiKeyWithSecret | ApiKey): Block[] {
  return [
    fields({
      id: key.id,
      name: key.name,
      scopes: key.scopes.join(' '),
      'last used at': key.last_used_at,
      ends: ending(key),
      'made by': key.created_by,
      'rotated by': key.rotated_by,
      'old one until': key.previous_works_until,
      key: shownOnce(key),
    }),
  ];
}

function shownOnce(key: ApiKeyWithSecret | ApiKey): string | null {
  if (!('key' in key)) return null;
  return key.key === null ? 'was shown before; rotate it to get another' : `${key.key} (shown this once)`;
}
