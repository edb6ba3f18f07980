import { settings } from '../../src/settings.ts';
import { page, table } from './page.ts';

export function settingsPage(): string {
  const rows = settings().map(({ name, description, default: value, secret }) => [
    `\`${name}\``,
    value === undefined ? '' : `\`${value}\``,
    `${description}${secret ? '. Secret' : ''}`,
  ]);
  return page(
    'Settings',
    [
      'Read from the environment when a service starts; an empty variable counts as unset. An invalid value stops the start,',
      'and the message lists every fault by its variable. Node itself reads `.env` files:',
      '`node --env-file=.env src/server.ts`. Settings of the tests are in [CONTRIBUTING](../CONTRIBUTING.md).',
    ],
    table(['variable', 'default', 'what it is for'], rows),
  );
}
