/**
 * Writes the pages of `docs/` that come from code: `node scripts/write-docs.ts`. A test says when one is not current.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS } from '../src/contracts/error-codes.ts';
import { settings } from '../src/settings.ts';

const DOCS = join(import.meta.dirname, '../docs');

/** The pages and their texts, by file name. */
export const WRITTEN_DOCS: Readonly<Record<string, () => string>> = {
  'errors.md': errorsPage,
  'settings.md': settingsPage,
};

function errorsPage(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { status, title, retryable, fix }]) =>
      `| \`${code}\` | ${status} | ${title} | ${retryable ? 'yes' : 'no'} | ${fix} |`,
  );
  return page(
    'Errors',
    [
      'Every way in which Boon refuses a request, as a closed list. Over HTTP a refusal is `application/problem+json`',
      '(RFC 9457): `type` is `urn:boon:problem:` and the code; beside it are `title`, `status`, `detail` (this very case in',
      'words), `code`, `fix`, and where they apply `reason_code` (the rule or state behind the code) and `errors` (each fault',
      'of a request by its path). In Temporal it is an `ApplicationFailure` whose type is the code. In the client it is a',
      '`BoonApiError` with the code.',
      '',
      '“Again” says whether the same request, unchanged and with the same Idempotency-Key, may succeed later.',
    ],
    ['| code | status | what | again | what to do |', '|---|---|---|---|---|', ...rows],
  );
}

function settingsPage(): string {
  const rows = settings().map(({ name, description, default: value, secret }) => {
    const shown = value === undefined ? '' : `\`${value}\``;
    return `| \`${name}\` | ${shown} | ${description}${secret ? '. Secret' : ''} |`;
  });
  return page(
    'Settings',
    [
      'Read from the environment when a service starts; an empty variable counts as unset. An invalid value stops the start,',
      'and the message lists every fault by its variable. Node itself reads `.env` files:',
      '`node --env-file=.env src/server.ts`.',
    ],
    ['| variable | default | what it is for |', '|---|---|---|', ...rows],
  );
}

function page(title: string, introduction: string[], table: string[]): string {
  const note = '<!-- Written by scripts/write-docs.ts from the code. Change that, not this page. -->';
  return `${[note, `# ${title}`, '', ...introduction, '', ...table.map(escaped)].join('\n')}\n`;
}

/** Placeholders in angle brackets would be taken for HTML. */
function escaped(row: string): string {
  return row.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(WRITTEN_DOCS)) writeFileSync(join(DOCS, name), text());
}
