/** Reading of uses and of what they took. */
import { BoonError } from '../../contracts/errors.ts';
import type { Charge, Pool } from '../../contracts/usage/usage.schema.ts';
import { formatCredits } from '../../domain/credits.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { limitText } from '../accounts/accounts.ts';
import { DIGITS, decodeCursor } from '../postgres/cursor.ts';
import { type Database, queryRows } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import { toPage } from '../postgres/page.ts';
import { instant } from '../postgres/rows.ts';

const LIST = `
  SELECT a.id IS NOT NULL AS known, u.* FROM (SELECT $1::text AS id) asked LEFT JOIN boon.accounts a ON a.id = asked.id
  LEFT JOIN LATERAL (
    SELECT u.seq, u.id, u.at, u.told_at, u.product, u.model, boon_code.credits(u.units) AS units, boon_code.credits(u.plan_part) AS plan,
      boon_code.credits(u.pool_part + u.own_part) AS credits, CASE WHEN u.invoice_part > 0 THEN boon_code.credits(u.invoice_part) END AS invoiced, CASE WHEN u.plan_part > 0 THEN u.five_hour_started_at END AS five_hour,
      CASE WHEN u.plan_part > 0 THEN u.weekly_started_at END AS weekly, u.policy_version,
      (SELECT coalesce(json_agg(json_build_object('account_id', e.account_id, 'lot_id', e.lot_id::text, 'amount', boon_code.credits(-e.amount))
         ORDER BY e.transfer, e.slice), '[]') FROM boon.entries e WHERE e.transfer IN (u.pool_transfer, u.own_transfer)) AS lots
    FROM boon.usage u WHERE u.account_id = a.id AND ($2::bigint IS NULL OR u.seq < $2)
    ORDER BY u.seq DESC LIMIT $3) u ON true`;

type ChargeRow = Omit<Charge, 'at' | 'told_at' | 'charged' | 'windows'> & {
  known: boolean;
  seq: string | null;
  at: Date;
  told_at: Date;
  plan: string;
  credits: string;
  invoiced: string | null;
  five_hour: Date | null;
  weekly: Date | null;
};

/** The function behind `Metering.listUsage`. */
export async function listUsage(database: Database, id: AccountId, page: PageRequest): Promise<Page<Charge>> {
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
      told_at,
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
      told_at: instant(told_at),
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

/** What members take of the pool counts in the month of the billing day; what is invoiced, in the one that the invoice is for. */
const POOL = `
  SELECT o.spending_limit, o.billing, o.invoice_ceiling, m.starts_at, m.ends_at, boon_code.balance(o.id, $2) ->> 'available' AS available,
    t.spent AS total, b.starts_at AS bill_starts_at, b.ends_at AS bill_ends_at, b.charged,
    boon_code.invoice_price(b.charged, r.hundred_credits) AS price, r.currency, s.member_id, s.spent, s.invoiced, x.pool_limit
  FROM boon.accounts o CROSS JOIN LATERAL boon_code.billing_month(o.id, $2) m
  CROSS JOIN LATERAL boon_code.billing_month_at(o.id, $2) b
  JOIN boon.invoice_rules r ON r.version = coalesce(b.policy_version, $3)
  LEFT JOIN boon.spending t ON t.payer_id = o.id AND t.spender_id = '' AND t.month = (m.starts_at AT TIME ZONE 'UTC')::date
  LEFT JOIN LATERAL (
    SELECT y.member_id, sum(y.spent) AS spent, sum(y.invoiced) AS invoiced FROM (
      SELECT z.spender_id AS member_id, z.spent, 0 AS invoiced FROM boon.spending z
      WHERE z.payer_id = o.id AND z.spender_id <> '' AND z.month = (m.starts_at AT TIME ZONE 'UTC')::date
      UNION ALL SELECT z.member_id, 0, z.charged FROM boon.billed_members z WHERE z.org_id = o.id AND z.month = b.month) y
    GROUP BY y.member_id) s ON true
  LEFT JOIN boon.accounts x ON x.id = s.member_id
  WHERE o.id = $1 AND o.kind = 'organisation' ORDER BY s.spent + s.invoiced DESC, s.member_id`;

type PoolRow = {
  spending_limit: string | null;
  billing: Pool['billing'];
  invoice_ceiling: string | null;
  starts_at: Date;
  ends_at: Date;
  available: string;
  total: string | null;
  bill_starts_at: Date;
  bill_ends_at: Date;
  charged: string;
  price: string;
  currency: string;
  member_id: AccountId | null;
  spent: string;
  invoiced: string;
  pool_limit: string | null;
};

/** The function behind `Metering.pool`. */
export async function pool(
  database: Database,
  policyVersion: string,
  id: AccountId,
  at: Instant,
): Promise<Pool> {
  const rows = await queryRows<PoolRow>(database, 'pool', POOL, [id, at, policyVersion]);
  const [first] = rows;
  if (first === undefined) throw new BoonError('not_found', `There is no organisation "${id}".`);
  return {
    account_id: id,
    available: first.available,
    month: { starts_at: instant(first.starts_at), ends_at: instant(first.ends_at) },
    spent: formatCredits(BigInt(first.total ?? 0)),
    spending_limit: limitText(first.spending_limit),
    billing: first.billing,
    invoice: runningInvoice(first),
    members: rows.flatMap(({ member_id, spent, invoiced, pool_limit }) =>
      member_id === null
        ? []
        : [
            {
              account_id: member_id,
              spent: formatCredits(BigInt(spent)),
              invoiced: formatCredits(BigInt(invoiced)),
              limit: limitText(pool_limit),
            },
          ],
    ),
  };
}

/** Null where nothing is invoiced, and nothing was since the month began. */
function runningInvoice(row: PoolRow): Pool['invoice'] {
  if (row.billing === 'pool' && row.charged === '0') return null;
  return {
    month: { starts_at: instant(row.bill_starts_at), ends_at: instant(row.bill_ends_at) },
    charged: formatCredits(BigInt(row.charged)),
    ceiling: limitText(row.invoice_ceiling),
    total: { amount: Number(row.price), currency: row.currency },
  };
}
