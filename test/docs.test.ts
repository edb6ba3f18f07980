import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WRITTEN_DOCS } from '../scripts/write-docs.ts';

test.each(Object.keys(WRITTEN_DOCS))('docs/%s is current (node scripts/write-docs.ts writes it)', (name) => {
  const page = readFileSync(join(import.meta.dirname, '../docs', name), 'utf8');
  expect(page).toBe(WRITTEN_DOCS[name]?.());
});
