import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { ROOT } from './compose-file.ts';

/**
 * Runs deploy/postgres/roles.sql as PostgreSQL's container does, but without psql, which no test machine need have: of
 * psql's own language the file uses `\getenv` and quoted variables.
 */
export async function makeRoles(adminUrl: string, env: Readonly<Record<string, string>>): Promise<void> {
  const text = readFileSync(join(ROOT, 'deploy/postgres/roles.sql'), 'utf8');
  const variables = new Map(
    [...text.matchAll(/^\\getenv (\w+) (\w+)$/gm)].map(([, name, variable = '']) => [
      name,
      env[variable] ?? '',
    ]),
  );
  const statements = text
    .replaceAll(/^(--|\\).*$/gm, '')
    .replaceAll(/:'(\w+)'/g, (_, name) => pg.escapeLiteral(variables.get(name) ?? ''))
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    // One by one: a database is not created inside a transaction.
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
