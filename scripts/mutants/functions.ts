/** The SQL functions of the ledger: asked of a migrated database. */
import pg from 'pg';

export type SqlFunction = {
  /** With the types of its arguments. */
  signature: string;
  name: string;
  language: 'sql' | 'plpgsql';
  body: string;
  /** What would make it anew. */
  definition: string;
};

/** All functions of the schema `boon_code`, by signature. */
export async function functionsOf(url: string): Promise<SqlFunction[]> {
  return await withClient(url, async (client) => {
    const { rows } = await client.query(`
      SELECT replace(p.oid::regprocedure::text, 'boon_code.', '') AS signature, p.proname AS name, l.lanname AS language, p.prosrc AS body, pg_get_functiondef(p.oid) AS definition
      FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
      WHERE p.pronamespace = 'boon_code'::regnamespace AND p.prokind IN ('f', 'p') AND l.lanname IN ('sql', 'plpgsql') AND p.prosqlbody IS NULL
      ORDER BY 1`);
    return rows;
  });
}

/** The statement that makes a function with another body. */
export function withBody({ definition, body }: SqlFunction, instead: string): string {
  const at = definition.lastIndexOf(body);
  return definition.slice(0, at) + instead + definition.slice(at + body.length);
}

/** Does something on a connection of its own. */
export async function withClient<T>(url: string, step: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await step(client);
  } finally {
    await client.end();
  }
}
