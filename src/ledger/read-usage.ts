/** Reading of uses and of what they took. */
import { BoonError } from '../contracts/errors.ts';
import type { Charge, Pool } from '../contracts/usage.schema.ts';
import { formatCredits } from '../domain/credits.ts';
import { limitText } from './accounts.ts';
import { DIGITS, decodeCursor } from './cursor.ts';
import { type Database, queryRows } from './database.ts';
import type { Page, PageRequest } from './ledger.ts';
import { toPage } from './read-gifts.ts';
import { instant } from './rows.ts';

const LIST = `
  SELECT a.id IS NOT NULL AS known, u.* FROM (SELECT $1::text AS id) asked LEFT JOIN boon.accounts a ON a.id = asked.id
  LEFT JOIN LATERAL (
    SELECT u.seq, u.id, u.at, u.product, u.model, boon.credits(u.units) AS units, boon.credits(u.plan_part) AS plan,
      boon.credits(u.pool_part + u.own_part) AS credits, CASE WHEN u.invoice_part > 0 THEN boon.credits(u.invoice_part) END AS invoiced, CASE WHEN u.plan_part > 0 THEN u.five_hour_started_at END AS five_hour,
      CASE WHEN u.plan_part > 0 THEN u.weekly_started_at END AS weekly, u.policy_version,
      (SELECT coalesce(json_agg(json_build_object('account_id', e.account_id, 'lot_id', e.lot_id::text, 'amount', boon.credits(-e.amount))
         ORDER BY e.transfer, e.slice), '[]') FROM boon.entries e WHERE e.transfer IN (u.pool_transfer, u.own_transfer)) AS lots
    FROM boon.usage u WHERE u.account_id = a.id AND ($2::bigint IS NULL OR u.seq < $2)
    ORDER BY u.seq DESC LIMIT $3) u ON true`;

type ChargeRow = Omit<Charge, 'at' | 'charged' | 'windows'> & {
  known: boolean;
  seq: string | null;
  at: Date;
  plan: string;
  credits: string;
  invoiced: string | null;
  five_hour: Date | null;
  weekly: Date | null;
};

export async function listUsage(database: Database, id: string, page: PageRequest): Promise<Page<Charge>> {
  const [seq] = page.cursor === undefined ? [null] : decodeCursor(page.cursor, [DIGITS]);
  const rows = await queryRows<ChargeRow>(database, 'list_usage', LIST, [id, seq, page.limit + 1]);
  if (rows[0]?.known !== true) throw new BoonError('not_found', `There is no account "${id}".`);
  return toPage(
    rows.filter((row) => row.seq !== null),
    page.limit,
    (row) => [row.seq ?? ''],
    ({
      id,
      at,
      product,
      model,
      units,
      plan,
      credits,
      invoiced,
      five_hour,
      weekly,
      lots,
      policy_version,
    }) => ({
      id,
      at: instant(at),
      product,
      model,
      units,
      charged: { plan, credits, ...(invoiced === null ? {} : { invoiced }) },
      windows: {
        five_hour: five_hour === null ? null : instant(five_hour),
        weekly: weekly === null ? null : instant(weekly),
      },
      lots,
      policy_version,
    }),
  );
}

const POOL = `
  SELECT o.spending_limit, m.starts_at, m.ends_at, boon.balance(o.id, $2) ->> 'available' AS available,
    t.spent AS total, s.spender_id, s.spent, x.pool_limit
  FROM boon.accounts o CROSS JOIN LATERAL boon.billing_month(o.billing_day, $2) m
  LEFT JOIN boon.spending t ON t.payer_id = o.id AND t.spender_id = '' AND t.month = (m.starts_at AT TIME ZONE 'UTC')::date
  LEFT JOIN boon.spending s ON s.payer_id = o.id AND s.spender_id <> '' AND s.month = (m.starts_at AT TIME ZONE 'UTC')::date
  LEFT JOIN boon.accounts x ON x.id = s.spender_id
  WHERE o.id = $1 AND o.kind = 'organisation' ORDER BY s.spent DESC, s.spender_id`;

type PoolRow = {
  spending_limit: string | null;
  starts_at: Date;
  ends_at: Date;
  available: string;
  total: string | null;
  spender_id: string | null;
  spent: string;
  pool_limit: string | null;
};

export async function pool(database: Database, id: string, at: string): Promise<Pool> {
  const rows = await queryRows<PoolRow>(database, 'pool', POOL, [id, at]);
  const [first] = rows;
  if (first === undefined) throw new BoonError('not_found', `There is no organisation "${id}".`);
  return {
    account_id: id,
    available: first.available,
    month: { starts_at: instant(first.starts_at), ends_at: instant(first.ends_at) },
    spent: formatCredits(BigInt(first.total ?? 0)),
    spending_limit: limitText(first.spending_limit),
    members: rows.flatMap(({ spender_id, spent, pool_limit }) =>
      spender_id === null
        ? []
        : [{ account_id: spender_id, spent: formatCredits(BigInt(spent)), limit: limitText(pool_limit) }],
    ),
  };
}
