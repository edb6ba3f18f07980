import { relative } from 'node:path';
import { shownUrl } from './shown-url.ts';
import type { LocalStack } from './stack.ts';
import type { Cast } from './story/cast.ts';

/** What a reader can do with a stack that runs: where everything is, and one thing to try. */
export function whatNow(stack: LocalStack, cast: Cast | undefined): string[] {
  const { uiUrl, apiKey, mailFolder, config } = stack;
  const url = shownUrl(stack.url);
  return [
    '',
    'Boon runs until you press Ctrl-C.',
    '',
    `  API           ${url}`,
    `  API docs      ${url}/docs`,
    `  Web UI        ${uiUrl === undefined ? `the one of the Temporal at ${stack.temporalAddress}` : `${shownUrl(uiUrl)}/namespaces/default/workflows`}`,
    `  Operator key  ${operatorKey(apiKey)}`,
    `  Mails         ${mailFolder === undefined ? 'go to BOON_SMTP_URL' : `${shortPath(mailFolder)} (files; set BOON_SMTP_URL to send them)`}`,
    `  Payments      ${payments(config)}`,
    `  Data, log     ${shortPath(config.dataDir)}`,
    '',
    ...trial(apiKey, url, cast),
  ];
}

/** A new key itself, once; then where it is. */
function operatorKey(apiKey: LocalStack['apiKey']): string {
  if (apiKey === undefined) return 'the one that this database was set up with';
  const file = shortPath(apiKey.file);
  if (file === undefined) return 'BOON_API_KEY';
  return apiKey.isNew ? `${apiKey.secret} (shown once; kept in ${file})` : file;
}

function payments({ stripe, demoPayments }: LocalStack['config']): string {
  if (stripe !== undefined) return 'through Stripe';
  return demoPayments === true
    ? 'a demonstration: no money moves (set STRIPE_API_KEY to take real ones)'
    : 'none (set STRIPE_API_KEY)';
}

function trial(apiKey: LocalStack['apiKey'], url: string, cast: Cast | undefined): string[] {
  if (apiKey === undefined) return [];
  const file = shortPath(apiKey.file);
  const key = file === undefined ? '$BOON_API_KEY' : `$(cat '${file}')`;
  const headers = [`-H "Authorization: Bearer ${key}"`, `-H 'Content-Type: application/json'`];
  if (cast === undefined) {
    return [
      'Make an account:',
      '',
      `  curl -sS -X PUT ${url}/v1/accounts/ada ${headers.join(' \\\n    ')} \\`,
      `    -d '{"plan":"plus"}'`,
    ];
  }
  const body = JSON.stringify({ from: cast.ada.id, to: { account_id: cast.grace.id }, amount: '5' });
  return [
    'Give credits away, under your own policy now:',
    '',
    `  curl -sS ${url}/v1/transfers \\`,
    `    ${headers.join(' \\\n    ')} \\`,
    `    -H "Idempotency-Key: first-try-${cast.ada.id}" \\`,
    `    -d '${body}'`,
    '',
    'Buy a package, look at what an account has, and prove the ledger:',
    '',
    `  npm run boon -- purchase create ${cast.grace.id} credits-100`,
    `  npm run boon -- account balance ${cast.grace.id}`,
    '  npm run boon -- ledger verify',
  ];
}

/** As a reader in this folder would type it. */
function shortPath(path: string): string;
function shortPath(path: string | undefined): string | undefined;
function shortPath(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const fromHere = relative('', path);
  return fromHere.startsWith('..') ? path : fromHere || '.';
}
