import pg from 'pg';

/**
 * Creates a database, by default an empty one.
 *
 * @param adminUrl a connection to any database of the same server, as a user that may create databases
 * @param options.template a database to copy, to which nobody may be connected meanwhile
 * @returns the URL of the new database
 */
export async function createDatabase(
  adminUrl: string,
  name: string,
  options: { readonly template?: string } = {},
): Promise<string> {
  await withClient(adminUrl, async (client) => {
    // File by file: page by page through the log, as PostgreSQL does by itself, takes twice the time.
    const template =
      options.template === undefined
        ? ''
        : ` TEMPLATE ${client.escapeIdentifier(options.template)} STRATEGY FILE_COPY`;
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}${template}`);
  });
  return databaseUrl(adminUrl, name);
}

/** The URL of the database of this name, which is created at the first need of it. */
export async function ensureDatabase(adminUrl: string, name: string): Promise<string> {
  let present = false;
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    present = rowCount === 1;
  });
  return present ? databaseUrl(adminUrl, name) : await createDatabase(adminUrl, name);
}

function databaseUrl(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

/** Drops a database if there is one of this name, ending the connections to it. */
export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`);
  });
}

async function withClient(url: string, step: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // A lost connection fails the step, not the process.
  await client.connect();
  try {
    await step(client);
  } finally {
    await client.end();
  }
}
