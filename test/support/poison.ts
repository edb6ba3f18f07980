/** Rows that cannot be changed, and processes that cannot be started: what one bad item does to its neighbours. */
import type { TestLedger } from './test-ledger.ts';

export type Poison = {
  /** From now on every change of a row of this id is refused. */
  add: (id: string) => Promise<void>;
  remove: (id: string) => Promise<void>;
  has: (id: string) => boolean;
};

/** The columns that hold the ids of poisoned rows, by table. */
const IDS = {
  gifts: 'id',
  referrals: 'id',
  lots: 'id',
  resets: 'id',
  purchases: 'account_id',
};

export async function poisoning({ sql }: Pick<TestLedger, 'sql'>): Promise<Poison> {
  await sql('CREATE TABLE public.poison (id text PRIMARY KEY)');
  await sql(`CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT FROM public.poison p WHERE p.id = to_jsonb(NEW) ->> TG_ARGV[0]) THEN
      RAISE EXCEPTION 'the row is poisoned' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW; END $$`);
  for (const [table, column] of Object.entries(IDS)) {
    await sql(`CREATE TRIGGER poison BEFORE INSERT OR UPDATE ON boon.${table}
      FOR EACH ROW EXECUTE FUNCTION public.refuse('${column}')`);
  }
  const ids = new Set<string>();
  return {
    has: (id) => ids.has(id),
    async add(id) {
      ids.add(id);
      await sql('INSERT INTO public.poison VALUES ($1)', [id]);
    },
    async remove(id) {
      ids.delete(id);
      await sql('DELETE FROM public.poison WHERE id = $1', [id]);
    },
  };
}
