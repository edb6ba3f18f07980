/**
 * The invariants of transfers, entries, lots, gifts and campaigns' credits for what came after a checkpoint: of rows that never change the new
 * ones are looked at, of sums those of the accounts that they touched. See `invariants.ts` for what each says.
 */

/** What was proven: all transfers of the blocks up to `block`, so all below the number `from`. */
export type Since = { block: string; from: string };

/** Replaces a part of a query that must be there. */
type Narrow = (query: string, since: Since) => string;

const narrowed =
  (...parts: readonly (readonly [part: string, by: (since: Since) => string])[]): Narrow =>
  (query, since) => {
    let text = query;
    for (const [part, by] of parts) {
      if (!text.includes(part)) throw new Error(`The invariant has no such part: ${part}`);
      text = text.replaceAll(part, by(since));
    }
    return text;
  };

/** A table, less what was proven. */
const only = (
  table: string,
  alias: string,
  where: (since: Since) => string,
): readonly [string, (since: Since) => string] =>
  // Parts end in a space or a line's end, so that a longer alias is not taken for this one.
  [
    `boon.${table} ${alias}`,
    (since) => `(SELECT * FROM boon.${table} WHERE ${where(since)} OFFSET 0) ${alias}`,
  ];

const touched = ({ from }: Since) => `(
  SELECT x.account_id FROM boon.entries x WHERE x.transfer >= ${from}
  UNION SELECT x.debit_account FROM boon.transfers x WHERE x.seq >= ${from}
  UNION SELECT x.credit_account FROM boon.transfers x WHERE x.seq >= ${from})`;
/** The lots that something was taken from or came into. */
const moved = ({ from }: Pick<Since, 'from'>) => `(
  SELECT x.lot_id FROM boon.entries x WHERE x.transfer >= ${from} UNION SELECT y.id FROM boon.lots y WHERE y.transfer >= ${from})`;
const gifts = ({ from }: Since) =>
  `(SELECT x.reference FROM boon.transfers x WHERE x.seq >= ${from} AND x.kind IN ('gift', 'reversal'))`;
const senders = (since: Since) => `(SELECT y.sender_id FROM boon.gifts y WHERE y.id IN ${gifts(since)})`;

/**
 * Those that join what has no index for it (events, keys, sums): one scan for all of what is new, and not one for each row, which
 * the planner chooses as it expects but few.
 */
export const SCANNED: ReadonlySet<string> = new Set([
  'a lot is the sum of its entries',
  'every gift has its events',
  'a lot has the terms of its grant',
  'a grant has the write that asked for it',
]);

/**
 * What these read of transfers, entries and lots comes with transfers of these kinds only: they are left out where none came
 * since, and nothing was written to the other tables that they read.
 */
export const OF_KINDS: Readonly<Record<string, readonly string[]>> = {
  'charges equal usage': ['usage'],
  'spending adds up to what uses took': ['usage'],
  'no more of an expiry was taken back than a lot let go': ['expiry'],
  'a lot lets go no more than was in it when it expired': ['expiry'],
  'what is to be invoiced equals its uses and transfers': ['charge'],
  'an invoice is paid once, by its transfer': ['charge', 'payment', 'correction'],
  'a correction takes back what its transfer says': ['correction'],
  'campaigns moved the credits that they granted': ['grant'],
  'a reward was banked as it says, and what was taken back was there': ['clawback'],
  'a paid purchase gave what was bought, once, and no other gave anything': ['purchase'],
  'what refunds took is what their purchases say': ['refund', 'restoration'],
  'what was taken for money or a debt is noted lot by lot, and so is what was given back': [
    'refund',
    'debt',
    'restoration',
  ],
};

/** The same whatever was written. */
const whole: Narrow = (query) => query;

/** Not narrowed: what is not named here is proved in full, when a table that it reads was written to. */
export const INCREMENTAL: Readonly<Record<string, Narrow>> = {
  'every resolution repeats its pending transfer': narrowed([
    'WHERE r.resolves IS NOT NULL',
    ({ from }) => `WHERE r.seq >= ${from} AND r.resolves IS NOT NULL`,
  ]),
  'totals equal the sum of transfers': (_query, { block }) => `
    SELECT format('account %s holds %s/%s/%s, what was proven and what came since say %s/%s/%s (pending/debits/credits)', coalesce(a.id, p.account_id, u.account_id),
      a.debits_pending, a.debits_posted, a.credits_posted, coalesce(p.debits_pending, 0) + coalesce(u.debits_pending, 0),
      coalesce(p.debits_posted, 0) + coalesce(u.debits_posted, 0), coalesce(p.credits_posted, 0) + coalesce(u.credits_posted, 0)) AS detail
    FROM boon.ledger_accounts a FULL JOIN boon.proven_totals p ON p.account_id = a.id
    FULL JOIN (SELECT * FROM boon_code.unproven_totals(${block}) x
      WHERE x.account_id NOT IN ('boon:issuance', 'boon:expired', 'boon:unclaimed', 'boon:revenue', 'boon:receivable', 'boon:payments')) u
      ON u.account_id = coalesce(a.id, p.account_id)
    WHERE a.id IS NULL OR (a.debits_pending, a.debits_posted, a.credits_posted) IS DISTINCT FROM (
      coalesce(p.debits_pending, 0) + coalesce(u.debits_pending, 0), coalesce(p.debits_posted, 0) + coalesce(u.debits_posted, 0),
      coalesce(p.credits_posted, 0) + coalesce(u.credits_posted, 0))`,
  // Every transfer has two sides: where the totals of all accounts hold, so does this.
  'nothing is made or lost': () => `SELECT 'never' AS detail WHERE false`,
  'a lot is the sum of its entries': narrowed(
    // What nothing moved has the sum that was proved; of the whole account the sum is looked at below.
    ['boon.lots l\n', (since) => `(SELECT * FROM boon.lots WHERE id = ANY (ARRAY${moved(since)})) l\n`],
    [
      'FROM boon.entries GROUP BY lot_id',
      ({ from }) => `FROM boon.entries
        WHERE account_id = ANY (ARRAY(SELECT DISTINCT x.account_id FROM boon.entries x WHERE x.transfer >= ${from}))
          AND lot_id IN ${moved({ from })}
        GROUP BY lot_id`,
    ],
  ),
  'lots equal the balance of their account': narrowed(
    [
      'boon.ledger_accounts a\n',
      (since) => `(SELECT * FROM boon.ledger_accounts WHERE id IN ${touched(since)}) a\n`,
    ],
    [
      // What is not open has nothing left.
      'FROM boon.lots GROUP BY account_id',
      (since) =>
        `FROM boon.lots WHERE open AND account_id = ANY (ARRAY${touched(since)}) GROUP BY account_id`,
    ],
  ),
  'a lot began with the entry of its grant': narrowed(only('lots', 'l', ({ from }) => `transfer >= ${from}`)),
  'an entry belongs to a transfer and to the account of its lot': narrowed(
    only('entries', 'e', ({ from }) => `transfer >= ${from}`),
  ),
  'entries explain every transfer': narrowed([
    'FROM boon.transfers t\n',
    ({ from }) => `FROM (SELECT * FROM boon.transfers WHERE seq >= ${from}) t\n`,
  ]),
  'a hold is resolved slice by slice': narrowed([
    'FROM boon.transfers r WHERE',
    ({ from }) => `FROM boon.transfers r WHERE r.seq >= ${from} AND`,
  ]),
  'a lot continues with the terms of another of its owner, and has one time of grace': narrowed(
    [
      'FROM boon.lots l LEFT JOIN boon.lots o',
      ({ from }) => `FROM (SELECT * FROM boon.lots WHERE transfer >= ${from}) l LEFT JOIN boon.lots o`,
    ],
    // The time of grace comes with the credits that come back.
    [
      'FROM boon.lots l\n    WHERE l.first_expires_at',
      (since) =>
        `FROM (SELECT * FROM boon.lots WHERE id = ANY (ARRAY${moved(since)})) l\n    WHERE l.first_expires_at`,
    ],
  ),
  // What was proved ended with a balance; the new lines go on from it.
  'a statement adds up line by line': narrowed(
    ['SELECT e.*, sum(', () => 'SELECT e.*, coalesce(p.balance_after, 0) + sum('],
    [
      'FROM boon.entries e)',
      ({ from }) => `FROM boon.entries e LEFT JOIN LATERAL (SELECT x.balance_after FROM boon.entries x
        WHERE x.account_id = e.account_id AND x.transfer < ${from} ORDER BY x.transfer DESC, x.slice DESC LIMIT 1) p ON true
        WHERE e.transfer >= ${from})`,
    ],
  ),
  'holds equal open gifts': narrowed(
    ['WHERE reset_id IS NULL)', (since) => `WHERE reset_id IS NULL AND id IN ${gifts(since)})`],
    ["WHERE p.phase = 'pending'", ({ from }) => `WHERE p.seq >= ${from} AND p.phase = 'pending'`],
  ),
  'a reversal took back what its gift says': narrowed(
    ['FROM boon.gifts g\n', (since) => `FROM (SELECT * FROM boon.gifts WHERE id IN ${gifts(since)}) g\n`],
    // A reversal comes after its gift.
    [
      "WHERE kind = 'reversal'",
      (since) => `WHERE kind = 'reversal' AND reference IN ${gifts(since)}
        AND seq >= least((SELECT min(y.transfer) FROM boon.gifts y WHERE y.id IN ${gifts(since)}), ${since.from})`,
    ],
  ),
  'limits count the gifts': narrowed(
    [
      'FROM boon.gift_usage u\n',
      (since) => `FROM (SELECT * FROM boon.gift_usage WHERE account_id IN ${senders(since)}) u\n`,
    ],
    [
      'FROM boon.gifts g\n    WHERE NOT EXISTS',
      (since) => `FROM boon.gifts g\n    WHERE g.id IN ${gifts(since)} AND NOT EXISTS`,
    ],
  ),
  'nobody gave more than a limit allows': narrowed([
    "WHERE g.status NOT IN ('canceled', 'expired', 'rejected')",
    (since) =>
      `WHERE g.sender_id IN ${senders(since)} AND g.status NOT IN ('canceled', 'expired', 'rejected')`,
  ]),
  'every gift has its events': narrowed([
    'FROM boon.gifts g\n',
    (since) => `FROM (SELECT * FROM boon.gifts WHERE id IN ${gifts(since)}) g\n`,
  ]),
  'a lot has the terms of its grant': narrowed(
    [
      'FROM boon.transfers t JOIN boon.lots l',
      ({ from }) => `FROM (SELECT * FROM boon.transfers WHERE seq >= ${from}) t
        JOIN (SELECT * FROM boon.lots WHERE transfer >= ${from}) l`,
    ],
    [
      'FROM boon.lots l LEFT JOIN boon.transfers t',
      ({ from }) => `FROM (SELECT * FROM boon.lots WHERE transfer >= ${from}) l LEFT JOIN boon.transfers t`,
    ],
  ),
  'a grant has the write that asked for it': narrowed([
    "WHERE t.kind = 'grant'",
    ({ from }) => `WHERE t.seq >= ${from} AND t.kind = 'grant'`,
  ]),
  // A row is written with its transfer and never changed; one without a transfer granted nothing.
  'campaigns moved the credits that they granted': narrowed(
    [
      'boon.campaign_accounts o ON',
      ({ from }) =>
        `(SELECT * FROM boon.campaign_accounts WHERE transfer >= ${from} OR (transfer IS NULL AND outcome = 'granted')) o ON`,
    ],
    ['WHERE o.transfer IS NOT NULL', ({ from }) => `WHERE o.transfer >= ${from}`],
  ),
  'what happened cannot be changed': whole,
  'the chain of sealed blocks is whole': narrowed(
    [
      'boon.blocks x\n',
      // The block that was proven last is there for its digest.
      ({ block }) => `(SELECT * FROM boon.blocks WHERE number >= ${block}) x\n`,
    ],
    ['WHERE b.previous_hash', ({ block }) => `WHERE b.number > ${block} AND (b.previous_hash`],
    ['(lower(b.seqs), upper(b.seqs) - 1)', () => '(lower(b.seqs), upper(b.seqs) - 1))'],
  ),
};
