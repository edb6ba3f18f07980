/** A fault that the simulation is to find: how it is put into a function of the ledger. */
import type { PartName } from './part.ts';

export type Sql = (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

export type Fault = {
  readonly name: string;
  /** Where it shows. */
  readonly part: PartName;
  /** The function, without its schema. */
  readonly function: string;
  readonly find: string;
  readonly replace: string;
};

/** @throws where the text is not found just once: the fault would not be what it says. */
export async function putBack(fault: Fault, sql: Sql): Promise<void> {
  const rows = await sql(
    "SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc p WHERE p.pronamespace = 'boon_code'::regnamespace AND p.proname = $1",
    [fault.function],
  );
  const found = rows.map(({ text }) => String(text)).filter((text) => text.includes(fault.find));
  const [text] = found;
  if (text === undefined || found.length > 1 || text.split(fault.find).length !== 2)
    throw new Error(`"${fault.name}": the text is not in boon_code.${fault.function} just once`);
  await sql(text.replace(fault.find, () => fault.replace));
}
