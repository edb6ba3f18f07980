-- Charging a use: the plan pays first, then credits, and what neither can pay is refused. `pool_id` is the organisation
-- that the caller believes the account to belong to, so that it can be locked in its turn.
CREATE TYPE boon.use_request AS (
  i int, id text, account_id text, pool_id text, product text, model text, units bigint, at timestamptz, now timestamptz, use_credits boolean);

-- Whose credits may pay: the lots in burn order, what was spent in the billing month, and the most that may be.
CREATE TYPE boon.purse AS (
  payer_id text, spender_id text, month date, month_starts_at timestamptz, month_ends_at timestamptz,
  lot_ids bigint[], lot_left bigint[], lot_expires timestamptz[], lot_products text[], balance bigint,
  spent bigint, spending_limit bigint, member_spent bigint, member_limit bigint);

-- What a member took of its organisation's pool in a billing month, and was invoiced for in the month of p_billed: another
-- one where the billing day has moved, or a month is closed.
CREATE FUNCTION boon.member_spent(p_org text, p_member text, p_month date, p_billed date) RETURNS TABLE (spent bigint) LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT coalesce((SELECT s.spent FROM boon.spending s WHERE s.payer_id = p_org AND s.spender_id = p_member AND s.month = p_month), 0)
    + coalesce((SELECT b.charged FROM boon.billed_members b
        WHERE b.org_id = p_org AND b.member_id = p_member AND b.month = coalesce(p_billed, p_month)), 0)
$$;

-- The purse of an account at a moment, as it pays for uses of p_spender; another's only if that is an active
-- organisation, else there is nothing in it. What is invoiced counts in the month of p_billed. The caller has locked it.
CREATE FUNCTION boon.open_purse(p_payer text, p_spender text, p_member_limit bigint, p_at timestamptz, p_billed date)
RETURNS SETOF boon.purse LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT p_payer, p_spender, m.month, m.starts_at, m.ends_at, l.ids, l.remaining, l.expires, l.products,
    t.credits_posted - t.debits_posted - t.debits_pending, coalesce(s.spent, 0), a.spending_limit, d.spent, p_member_limit
  FROM boon.accounts a
  CROSS JOIN LATERAL (SELECT (x.starts_at AT TIME ZONE 'UTC')::date AS month, x.starts_at, x.ends_at FROM boon.billing_month(a.billing_day, p_at) x OFFSET 0) m
  CROSS JOIN LATERAL (SELECT * FROM boon.ledger_accounts x WHERE x.id = p_payer OFFSET 0) t
  LEFT JOIN LATERAL (SELECT * FROM boon.spending x WHERE x.payer_id = p_payer AND x.spender_id = '' AND x.month = m.month OFFSET 0) s ON true
  CROSS JOIN LATERAL boon.member_spent(nullif(p_payer, p_spender), p_spender, m.month, p_billed) d
  CROSS JOIN LATERAL (
    SELECT array_agg(y.id) AS ids, array_agg(y.remaining) AS remaining, array_agg(y.expires_at) AS expires, array_agg(y.products::text) AS products
    FROM (SELECT * FROM boon.lots o WHERE o.account_id = p_payer AND o.open
            AND (p_payer = p_spender OR a.kind = 'organisation' AND a.status = 'active')
          ORDER BY o.expires_at NULLS LAST, o.source, o.granted_at, o.id) y) l
  WHERE a.id = p_payer
$$;

-- Whether a lot of a purse may pay for a product at a moment. Stable as its cast is, else it is not inlined.
CREATE FUNCTION boon.may_pay(p boon.purse, k int, p_product text, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE
  RETURN (p).lot_left[k] > 0 AND ((p).lot_expires[k] IS NULL OR (p).lot_expires[k] > p_at)
    AND ((p).lot_products[k] IS NULL OR p_product = ANY ((p).lot_products[k]::text[]));

-- How much of p_most a purse can pay for a product: out of lots that may, and unless p_limited is false within the limits.
CREATE FUNCTION boon.payable(p boon.purse, p_product text, p_at timestamptz, p_most bigint, p_limited boolean) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  most bigint := p_most;
  found bigint := 0;
BEGIN
  IF p_limited THEN
    most := greatest(least(p_most, p.spending_limit - p.spent, p.member_limit - p.member_spent), 0);
  END IF;
  FOR k IN 1..coalesce(cardinality(p.lot_ids), 0) LOOP
    EXIT WHEN found >= most;
    IF boon.may_pay(p, k, p_product, p_at) THEN found := found + p.lot_left[k]; END IF;
  END LOOP;
  RETURN least(found, most);
END $$;

-- Warnings of the marks (per cent of a limit) that are passed on the way from one amount to another.
CREATE FUNCTION boon.warnings(p_limit_name text, p_account text, p_marks int[], p_before bigint, p_after bigint, p_limit bigint, p_at timestamptz)
RETURNS jsonb[] LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY(
    SELECT jsonb_build_object('account_id', p_account, 'limit', p_limit_name, 'percent', m, 'used', boon.credits(p_after), 'of', boon.credits(p_limit), 'at', p_at)
    FROM unnest(p_marks) m WHERE p_before * 100 < m * p_limit AND p_after * 100 >= m * p_limit)
$$;

-- What of a window counts at a moment: nothing of one that has run out by then.
CREATE FUNCTION boon.used_at(w boon.usage_windows, p_length interval, p_at timestamptz) RETURNS bigint LANGUAGE sql STABLE
  RETURN CASE WHEN (w).started_at + p_length > p_at THEN (w).used ELSE 0 END;

-- A window with one more use in it; if it has run out, the one that opens with this use, whose number is p_seq.
CREATE FUNCTION boon.counted_in(w boon.usage_windows, p_length interval, p_account text, p_kind boon.window_kind, p_at timestamptz, p_amount bigint, p_seq bigint)
RETURNS boon.usage_windows LANGUAGE sql STABLE
  RETURN CASE WHEN (w).started_at + p_length > p_at
    THEN ROW((w).account_id, (w).kind, (w).started_at, (w).used + p_amount, (w).restored_by, (w).since)::boon.usage_windows
    ELSE ROW(p_account, p_kind, p_at, p_amount, NULL, p_seq)::boon.usage_windows END;

CREATE TYPE boon.use_answer AS (
  i int, code text, reason text, replayed boolean, plan_part bigint, pool_part bigint, invoice_part bigint, own_part bigint, balance bigint,
  five_hour_limit bigint, five_hour_used bigint, five_hour_started_at timestamptz,
  weekly_limit bigint, weekly_used bigint, weekly_started_at timestamptz, amount numeric, resets int);

-- Takes an array of uses and answers each by its `i`: what paid for it, or `code` and `reason` of the refusal, and with
-- either the windows as they stand at `now`. With code 'again' it is to be asked anew: it must see what another of this
-- call does, or its account belongs to another organisation, which `reason` names.
--
-- The plan pays what is left of it in both windows. What it does not cover is paid by the organisation's pool, within
-- the member's limit, then invoiced to the organisation if it is billed so, within that limit and its ceiling, then by
-- the account's own credits, each within its spending limit and in burn order out of lots that may pay for the product; if
-- these cannot pay all the rest, the use is refused and nothing is charged.
-- A use that is told late is judged at its own moment: it counts in the window that was open then, if that is the
-- latest, and else in the latest all the same.
CREATE FUNCTION boon.use(p_policy text, p_requests json) RETURNS SETOF boon.use_answer LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  rules boon.usage_rules;
  requests boon.use_request[];
  locked text[];
  -- Those whose credits were looked at in this call, and of these the organisations.
  purses text[];
  pools text[];
  -- Ids are remembered for as long as this at least.
  remembered_from timestamptz;
  r record;
  answer boon.use_answer;
  -- The account in hand.
  account text;
  seen text[];
  f boon.usage_windows;
  w boon.usage_windows;
  counted boolean;
  own boon.purse;
  own_purses boon.purse[];
  owners text[];
  pool boon.purse;
  members text[];
  members_spent bigint[];
  bill boon.bill;
  taken_from_own bigint;
  -- The use in hand.
  left_in_plan bigint;
  rest bigint;
  from_plan bigint;
  from_pool bigint;
  from_own bigint;
  invoiced bigint;
  number bigint;
  pool_seq bigint;
  own_seq bigint;
  invoice_seq bigint;
  transfer bigint;
  told_as text;
  turn int;
  p boon.purse;
  to_take bigint;
  taken bigint;
  slices int;
  lot int;
  -- What was decided; null as long as there is none.
  uses boon.usage[];
  windows boon.usage_windows[];
  transfers boon.transfers[];
  entries boon.entries[];
  spendings boon.spending[];
  charges boon.charges[];
  months boon.billing_months[];
  warnings jsonb[];
BEGIN
  SELECT * INTO STRICT rules FROM boon.usage_rules x WHERE x.version = p_policy;
  -- Each account's uses follow each other, and those of each organisation's members. Nothing below changes their order.
  SELECT array_agg(q ORDER BY q.pool_id, q.account_id, q.i), min(q.now) - interval '32 days', array_agg(q.account_id) || array_agg(q.pool_id)
    INTO requests, remembered_from, locked
    FROM json_populate_recordset(NULL::boon.use_request, p_requests) q;
  locked := ARRAY(SELECT a.id FROM boon.ledger_accounts a WHERE a.id = ANY (locked) ORDER BY a.id FOR UPDATE);

  FOR r IN
    SELECT q.*, a.status, a.use_credits AS switch, a.org_id, a.pool_limit, a.id IS NOT NULL AS known,
      l.five_hour AS five_hour_limit, l.weekly AS weekly_limit, l.products, c.amount, f AS five_hour, w AS weekly, u AS done,
      coalesce(b.available, 0) AS available
    FROM unnest(requests) q
    LEFT JOIN LATERAL (SELECT * FROM boon.accounts x WHERE x.id = q.account_id OFFSET 0) a ON true
    LEFT JOIN LATERAL (SELECT * FROM boon.plan_rules x WHERE x.version = p_policy AND x.plan = a.plan OFFSET 0) l ON true
    LEFT JOIN LATERAL (SELECT x FROM boon.usage_windows x WHERE x.account_id = q.account_id AND x.kind = 'five_hour' OFFSET 0) f (f) ON true
    LEFT JOIN LATERAL (SELECT x FROM boon.usage_windows x WHERE x.account_id = q.account_id AND x.kind = 'weekly' OFFSET 0) w (w) ON true
    LEFT JOIN LATERAL (SELECT x FROM boon.usage x WHERE x.account_id = q.account_id AND x.id = q.id AND x.at > remembered_from LIMIT 1) u (u) ON true
    -- Rounded up to a whole micro-credit: nothing is free. By `div`, since `/` may have too few decimals for it.
    CROSS JOIN LATERAL (SELECT div(q.units::numeric * coalesce(
      (SELECT x.rate FROM boon.rate_rules x WHERE x.version = p_policy AND x.product = q.product AND x.model = q.model
         AND x.starts_at <= q.at ORDER BY x.starts_at DESC LIMIT 1),
      (SELECT x.rate FROM boon.rate_rules x WHERE x.version = p_policy AND x.product = q.product AND x.model = 'default'
         AND x.starts_at <= q.at ORDER BY x.starts_at DESC LIMIT 1)) + 999999, 1000000) AS amount) c
    LEFT JOIN LATERAL (SELECT sum(x.remaining) AS available FROM boon.lots x
      WHERE x.account_id = q.account_id AND x.open AND (x.expires_at IS NULL OR x.expires_at > q.now)) b ON true
  LOOP
    answer := (r.i, NULL, NULL, false, 0, 0, 0, 0, NULL, r.five_hour_limit, 0, NULL, r.weekly_limit, 0, NULL, r.amount, NULL)::boon.use_answer;

    IF r.account_id IS DISTINCT FROM account THEN
      IF counted THEN windows := windows || f || w; END IF;
      account := r.account_id; seen := NULL; counted := false; own := NULL; taken_from_own := 0;
      f := r.five_hour; w := r.weekly;
    END IF;

    IF (r.done).seq IS NOT NULL THEN
      answer.replayed := true;
      IF ((r.done).product, (r.done).model, (r.done).units) IS DISTINCT FROM (r.product, r.model, r.units) THEN
        answer.code := 'idempotency_mismatch';
      END IF;
      answer.amount := (r.done).amount; answer.plan_part := (r.done).plan_part; answer.pool_part := (r.done).pool_part;
      answer.own_part := (r.done).own_part; answer.invoice_part := (r.done).invoice_part; answer.balance := (r.done).balance;
      answer.five_hour_limit := (r.done).five_hour_limit; answer.weekly_limit := (r.done).weekly_limit;
      IF (r.done).five_hour_started_at + interval '5 hours' > (r.done).told_at THEN
        answer.five_hour_used := (r.done).five_hour_used; answer.five_hour_started_at := (r.done).five_hour_started_at;
      END IF;
      IF (r.done).weekly_started_at + interval '168 hours' > (r.done).told_at THEN
        answer.weekly_used := (r.done).weekly_used; answer.weekly_started_at := (r.done).weekly_started_at;
      END IF;
      RETURN NEXT answer; CONTINUE;
    END IF;
    answer.code := CASE
      WHEN NOT r.known THEN 'not_found'
      WHEN r.org_id <> coalesce(r.pool_id, '') OR r.id = ANY (seen) OR r.account_id = ANY (pools) OR NOT r.account_id = ANY (locked) THEN 'again'
      WHEN r.status <> 'active' THEN 'account_frozen'
      WHEN r.amount IS NULL OR r.amount > 1000000000000000 OR r.at < r.now - rules.accept_late_for THEN 'validation_failed' END;
    IF answer.code IS NOT NULL THEN
      answer.reason := CASE answer.code
        WHEN 'again' THEN CASE WHEN r.org_id <> coalesce(r.pool_id, '') THEN r.org_id END
        WHEN 'account_frozen' THEN r.status::text
        WHEN 'validation_failed' THEN CASE
          WHEN r.amount IS NULL THEN 'not_on_rate_card'
          WHEN r.amount > 1000000000000000 THEN 'too_much'
          ELSE 'too_late' END END;
      RETURN NEXT answer; CONTINUE;
    END IF;

    -- The plan pays what is left in both windows; one that has run out by then is full again.
    left_in_plan := least(r.amount, r.five_hour_limit - boon.used_at(f, '5 hours', r.at), r.weekly_limit - boon.used_at(w, '168 hours', r.at));
    from_plan := greatest(left_in_plan, 0);
    rest := r.amount - from_plan;
    from_pool := 0; invoiced := 0; from_own := 0; pool_seq := NULL; own_seq := NULL; invoice_seq := NULL;

    IF rest > 0 THEN
      IF NOT r.product = ANY (r.products) THEN
        answer.reason := 'not_paid_by_credits';
      ELSIF r.switch = 'off' THEN
        answer.reason := 'credits_off';
      ELSE
        -- Who can pay how much of the rest.
        IF r.org_id IS NULL THEN
          pool := NULL; bill := NULL;
        ELSIF pool.payer_id IS DISTINCT FROM r.org_id THEN
          -- What another account of this call has taken from the same purse is not written yet.
          IF r.org_id = ANY (purses) THEN answer.code := 'again'; RETURN NEXT answer; CONTINUE; END IF;
          bill := boon.open_bill(r.org_id, r.at);
          SELECT * INTO pool FROM boon.open_purse(r.org_id, r.account_id, r.pool_limit, r.at, bill.month);
          SELECT array_agg(m.id), array_agg(d.spent) INTO members, members_spent
            FROM (SELECT DISTINCT q.account_id AS id FROM unnest(requests) q WHERE q.pool_id = r.org_id) m
            CROSS JOIN LATERAL boon.member_spent(r.org_id, m.id, pool.month, bill.month) d;
          purses := purses || r.org_id; pools := pools || r.org_id;
        ELSIF pool.spender_id <> r.account_id THEN
          pool.spender_id := r.account_id; pool.member_limit := r.pool_limit;
          pool.member_spent := members_spent[array_position(members, r.account_id)];
        END IF;
        IF r.org_id IS NOT NULL THEN from_pool := boon.payable(pool, r.product, r.at, rest, true); END IF;
        IF bill.org_id IS NOT NULL THEN
          invoiced := greatest(least(rest - from_pool, bill.ceiling - bill.charged, pool.member_limit - pool.member_spent - from_pool), 0);
        END IF;
        IF from_pool + invoiced < rest THEN
          IF own.payer_id IS NULL THEN
            IF own_purses IS NULL THEN
              -- All that this call may need, at once.
              SELECT array_agg(o), array_agg(o.payer_id) INTO own_purses, owners
                FROM (SELECT DISTINCT ON (q.account_id) q.account_id, q.at FROM unnest(requests) q ORDER BY q.account_id, q.i) x
                CROSS JOIN LATERAL boon.open_purse(x.account_id, x.account_id, NULL, x.at, NULL) o;
            END IF;
            own := own_purses[array_position(owners, r.account_id)];
            purses := purses || r.account_id;
          END IF;
          from_own := boon.payable(own, r.product, r.at, rest - from_pool - invoiced, true);
        END IF;
        IF r.at < own.month_starts_at OR r.at >= own.month_ends_at OR r.at < pool.month_starts_at OR r.at >= pool.month_ends_at
          OR r.at < bill.used_from OR r.at >= bill.used_until THEN
          -- Of another billing month than the use for which the purse was opened.
          answer.code := 'again'; RETURN NEXT answer; CONTINUE;
        END IF;
        IF from_pool + invoiced + from_own < rest THEN
          answer.reason := CASE
            WHEN bill.org_id IS NULL AND boon.payable(pool, r.product, r.at, rest, false) + boon.payable(own, r.product, r.at, rest, false) < rest THEN 'no_credits'
            WHEN pool.member_limit - pool.member_spent < rest THEN 'member_limit'
            WHEN bill.org_id IS NOT NULL THEN 'invoice_ceiling'
            ELSE 'spending_limit' END;
        ELSIF r.switch = 'ask' AND r.use_credits IS NOT TRUE THEN
          answer.reason := 'credits_on_request';
        END IF;
      END IF;
    END IF;

    IF answer.reason IS NULL THEN
      seen := seen || r.id;
      number := nextval('boon.usage_seq');
      IF from_plan > 0 THEN
        counted := true;
        f := boon.counted_in(f, '5 hours', r.account_id, 'five_hour', r.at, from_plan, number);
        IF r.five_hour_limit IS NOT NULL AND f.used * 100 >= rules.warn_at[1] * r.five_hour_limit THEN
          warnings := warnings || boon.warnings('five_hour', r.account_id, rules.warn_at, f.used - from_plan, f.used, r.five_hour_limit, r.at);
        END IF;
        w := boon.counted_in(w, '168 hours', r.account_id, 'weekly', r.at, from_plan, number);
        IF r.weekly_limit IS NOT NULL AND w.used * 100 >= rules.warn_at[1] * r.weekly_limit THEN
          warnings := warnings || boon.warnings('weekly', r.account_id, rules.warn_at, w.used - from_plan, w.used, r.weekly_limit, r.at);
        END IF;
      END IF;

      IF rest > 0 THEN
        -- Numbers are drawn under the lock that inserting takes: sealing waits for it, so none appears behind a sealed block.
        IF transfers IS NULL THEN LOCK TABLE boon.transfers IN ROW EXCLUSIVE MODE; END IF;
        FOR turn IN 1..2 LOOP
          to_take := CASE turn WHEN 1 THEN from_pool ELSE from_own END;
          CONTINUE WHEN to_take = 0;
          p := CASE turn WHEN 1 THEN pool ELSE own END;
          transfer := nextval('boon.transfers_seq_seq');
          -- Ids are each account's own: the organisation's statement tells whose use it was.
          told_as := CASE turn WHEN 1 THEN r.account_id || '/' || r.id ELSE r.id END;
          transfers := transfers || (transfer, 'posted', 'usage', p.payer_id, 'boon:revenue', to_take, NULL, told_as, r.at, transaction_timestamp())::boon.transfers;
          IF turn = 1 THEN pool_seq := transfer; ELSE own_seq := transfer; END IF;
          IF p.spending_limit IS NOT NULL THEN
            warnings := warnings || boon.warnings('spending', p.payer_id, rules.warn_at, p.spent, p.spent + to_take, p.spending_limit, r.at);
          END IF;
          IF p.member_limit IS NOT NULL THEN
            warnings := warnings || boon.warnings('member', p.spender_id, rules.warn_at, p.member_spent, p.member_spent + to_take, p.member_limit, r.at);
          END IF;
          p.spent := p.spent + to_take;
          spendings := spendings || (p.payer_id, '', p.month, to_take)::boon.spending;
          IF turn = 1 THEN
            p.member_spent := p.member_spent + to_take;
            spendings := spendings || (p.payer_id, p.spender_id, p.month, to_take)::boon.spending;
          END IF;
          slices := 0; lot := 1;
          WHILE to_take > 0 LOOP
            IF boon.may_pay(p, lot, r.product, r.at) THEN
              taken := least(to_take, p.lot_left[lot]);
              p.lot_left[lot] := p.lot_left[lot] - taken;
              p.balance := p.balance - taken;
              to_take := to_take - taken;
              slices := slices + 1;
              IF turn = 2 AND (p.lot_expires[lot] IS NULL OR p.lot_expires[lot] > r.now) THEN taken_from_own := taken_from_own + taken; END IF;
              entries := entries || (transfer, slices, p.payer_id, p.lot_ids[lot], 'usage', -taken, p.balance, told_as, r.at)::boon.entries;
            END IF;
            lot := lot + 1;
          END LOOP;
          IF turn = 1 THEN pool := p; ELSE own := p; END IF;
        END LOOP;
        IF invoiced > 0 THEN
          invoice_seq := nextval('boon.transfers_seq_seq');
          transfers := transfers || (invoice_seq, 'posted', 'charge', 'boon:receivable', 'boon:revenue', invoiced, NULL, r.id, r.at, transaction_timestamp())::boon.transfers;
          IF bill.ceiling IS NOT NULL THEN
            warnings := warnings || boon.warnings('invoice', bill.org_id, rules.warn_at, bill.charged, bill.charged + invoiced, bill.ceiling, r.at);
          END IF;
          IF pool.member_limit IS NOT NULL THEN
            warnings := warnings || boon.warnings('member', r.account_id, rules.warn_at, pool.member_spent, pool.member_spent + invoiced, pool.member_limit, r.at);
          END IF;
          bill.charged := bill.charged + invoiced;
          pool.member_spent := pool.member_spent + invoiced;
          charges := charges || (invoice_seq, bill.org_id, bill.month, r.account_id, r.id, r.at, r.now, r.product, r.model, r.units, invoiced,
            bill.charged, bill.ceiling)::boon.charges;
          months := months || (bill.org_id, bill.month, bill.starts_at, bill.ends_at, p_policy, invoiced, NULL)::boon.billing_months;
        END IF;
      END IF;
    ELSE
      from_plan := 0; from_pool := 0; invoiced := 0; from_own := 0;
      answer.code := 'limit_reached';
      answer.resets := (SELECT count(*) FROM boon.resets t WHERE t.account_id = r.account_id AND t.status = 'available' AND t.expires_at > r.now);
    END IF;

    answer := (r.i, answer.code, answer.reason, false, from_plan, from_pool, invoiced, from_own, r.available - taken_from_own,
      r.five_hour_limit, boon.used_at(f, '5 hours', r.now), CASE WHEN f.started_at + interval '5 hours' > r.now THEN f.started_at END,
      r.weekly_limit, boon.used_at(w, '168 hours', r.now), CASE WHEN w.started_at + interval '168 hours' > r.now THEN w.started_at END,
      r.amount, answer.resets)::boon.use_answer;
    IF answer.code IS NULL THEN
      uses := uses || (number, r.account_id, r.id, r.at, r.now, r.product, r.model, r.units, p_policy, r.amount, from_plan, from_pool, from_own,
        CASE WHEN from_pool > 0 THEN r.org_id END, pool_seq, CASE WHEN from_pool > 0 THEN pool.month END, own_seq,
        CASE WHEN from_own > 0 THEN own.month END, r.five_hour_limit, coalesce(f.used, 0), f.started_at,
        r.weekly_limit, coalesce(w.used, 0), w.started_at, answer.balance, invoiced, invoice_seq)::boon.usage;
    END IF;
    RETURN NEXT answer;
  END LOOP;
  IF counted THEN windows := windows || f || w; END IF;
  IF uses IS NULL THEN RETURN; END IF;

  WITH used AS (
    INSERT INTO boon.usage SELECT u.* FROM unnest(uses) u
  )
  INSERT INTO boon.usage_windows AS x SELECT u.* FROM unnest(windows) u
  ON CONFLICT (account_id, kind) DO UPDATE SET started_at = excluded.started_at, used = excluded.used, restored_by = excluded.restored_by, since = excluded.since;

  IF transfers IS NOT NULL THEN
    WITH moved AS (
      INSERT INTO boon.transfers OVERRIDING SYSTEM VALUE SELECT t.* FROM unnest(transfers) t
    ), entry AS (
      INSERT INTO boon.entries SELECT e.* FROM unnest(entries) e
    ), lot AS (
      UPDATE boon.lots l SET remaining = l.remaining + d.amount
      FROM (SELECT e.lot_id, sum(e.amount) AS amount FROM unnest(entries) e GROUP BY e.lot_id) d WHERE l.id = d.lot_id
    ), total AS (
      UPDATE boon.ledger_accounts a SET debits_posted = a.debits_posted + d.amount
      FROM (SELECT t.debit_account, sum(t.amount) AS amount FROM unnest(transfers) t GROUP BY t.debit_account) d WHERE a.id = d.debit_account
    )
    INSERT INTO boon.spending AS x SELECT s.payer_id, s.spender_id, s.month, sum(s.spent) FROM unnest(spendings) s GROUP BY 1, 2, 3
    ON CONFLICT (payer_id, spender_id, month) DO UPDATE SET spent = x.spent + excluded.spent;
  END IF;
  IF charges IS NOT NULL THEN
    WITH charge AS (
      INSERT INTO boon.charges SELECT c.* FROM unnest(charges) c
    ), member AS (
      INSERT INTO boon.billed_members AS x SELECT c.org_id, c.month, c.member_id, sum(c.amount) FROM unnest(charges) c GROUP BY 1, 2, 3
      ON CONFLICT (org_id, month, member_id) DO UPDATE SET charged = x.charged + excluded.charged
    )
    INSERT INTO boon.billing_months AS x
    SELECT m.org_id, m.month, m.starts_at, m.ends_at, m.policy_version, sum(m.charged) FROM unnest(months) m GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (org_id, month) DO UPDATE SET charged = x.charged + excluded.charged;
  END IF;
  IF warnings IS NOT NULL THEN
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'usage.warning', d ->> 'account_id', ARRAY[d ->> 'account_id'], d, (d ->> 'at')::timestamptz FROM unnest(warnings) d;
  END IF;
END $$;
