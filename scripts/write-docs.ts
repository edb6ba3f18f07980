/**
 * Writes the pages of `docs/` that come from code: `node scripts/write-docs.ts`. A test says when one is not current.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorsPage } from './written-docs/errors-page.ts';
import { metricsPage } from './written-docs/metrics-page.ts';
import { scopesPage } from './written-docs/scopes-page.ts';
import { settingsPage } from './written-docs/settings-page.ts';

const DOCS = join(import.meta.dirname, '../docs');

/** The pages and their texts, by file name. */
export const WRITTEN_DOCS: Readonly<Record<string, () => string>> = {
  'errors.md': errorsPage,
  'metrics.md': metricsPage,
  'scopes.md': scopesPage,
  'settings.md': settingsPage,
};

if (import.meta.main) {
  for (const [name, text] of Object.entries(WRITTEN_DOCS)) writeFileSync(join(DOCS, name), text());
}
