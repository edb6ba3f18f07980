/** A database of an earlier version of Boon, for tests of its migration. */

/**
 * Lets the ledger of today work with a database of the time when functions stood in the schema `boon`: where it looks for
 * them, it finds those of then. Answers what takes them away again, before the migration.
 */
export async function offerOlderFunctions(
  query: (text: string) => Promise<{ rows: { text: string }[] }>,
): Promise<() => Promise<unknown>> {
  const { rows } = await query(
    "SELECT pg_get_functiondef(oid) AS text FROM pg_proc WHERE pronamespace = 'boon'::regnamespace AND prorettype <> 'trigger'::regtype",
  );
  await query('CREATE SCHEMA boon_code');
  for (const { text } of rows) await query(text.replace('FUNCTION boon.', 'FUNCTION boon_code.'));
  return () => query('DROP SCHEMA boon_code CASCADE');
}
