import { EVERY_SCOPE } from '../../src/contracts/accounts/scopes.ts';
import { SCOPE_DESCRIPTIONS } from '../../src/http/openapi/scope-descriptions.ts';
import { page, table } from './page.ts';

export function scopesPage(): string {
  const rows = Object.entries(SCOPE_DESCRIPTIONS).map(([scope, meaning]) => [`\`${scope}\``, meaning]);
  return page(
    'Scopes',
    [
      'What an API key may do. Each call needs one scope; without it the answer is `forbidden`, and `detail` names the scope.',
      'Give a service those that it needs and no others. End users’ tokens have no scopes: they reach their own account.',
    ],
    table(
      ['scope', 'a key with it may'],
      [...rows, [`\`${EVERY_SCOPE}\``, 'do everything, also what later versions add']],
    ),
  );
}
