-- Takes an array of uses and answers each by its `i`: what paid for it, or `code` and `reason` of the refusal, and with
-- either the windows as they stand at `now`. With code 'again' it is to be asked anew: it must see what another of this
-- call does, or its account belongs to another organisation, which `reason` names.
--
-- The plan pays what is left of it in both windows. What it does not cover is paid by the organisation's pool, within
-- the member's limit, then invoiced to the organisation if it is billed so, within that limit and its ceiling, then by
-- the account's own credits, each within its spending limit and in burn order out of lots that may pay for the product; if
-- these cannot pay all the rest, the use is refused and nothing is charged.
-- A use that is reported late is judged at its own moment: by what its account and its organisation were then, in the windows
-- that were open then, and paid out of lots that were there and had not expired. One that is told at once is judged by
-- what is there when it is told, though another clock be ahead.
--
-- Price, judge, split, count, take, write: the headings below. The price, and all that a use is judged by, is in
-- `priced_uses`; a use told before in `replayed_use`; why credits do not pay in `why_not_credits`; the windows of the past in
-- `window_before` and `count_in_past`; what each purse can pay in `open_purse`, `open_bill` and `payable`; what is written
-- in `write_uses`. What stands here is what each use reaches: a call of a function that is not inlined costs too much.
CREATE FUNCTION boon_code.use(p_policy text, p_requests json) RETURNS SETOF boon_code.use_answer LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  rules boon.usage_rules;
  requests boon_code.use_request[];
  locked text[];
  -- Those whose credits were looked at in this call, and of these the organisations.
  purses text[];
  pools text[];
  -- Ids are remembered for 32 days from when they were told, a week at most after the use.
  remembered_from timestamptz;
  r record;
  opened record;
  answer boon_code.use_answer;
  -- The account in hand.
  account text;
  seen text[];
  f boon.usage_windows;
  w boon.usage_windows;
  counted boolean;
  -- The earliest moment that is reported late in this call.
  late_since timestamptz;
  own boon_code.purse;
  own_purses boon_code.purse[];
  owners text[];
  pool boon_code.purse;
  members text[];
  members_spent bigint[];
  bill boon_code.bill;
  taken_from_own bigint;
  -- The use in hand: whether it is reported late, and what was at its moment where that is not what is.
  late boolean := false;
  then_state boon.account_history;
  then_five_hour boon.past_windows;
  then_weekly boon.past_windows;
  in_past boolean := false;
  shown_five_hour_limit bigint;
  shown_weekly_limit bigint;
  used bigint;
  -- Only lots that were there by then may pay for it.
  granted_by timestamptz := 'infinity';
  left_in_plan bigint;
  payable_unlimited bigint;
  rest bigint;
  reason text;
  from_plan bigint;
  from_pool bigint := 0;
  from_own bigint := 0;
  invoiced bigint := 0;
  number bigint;
  pool_seq bigint;
  own_seq bigint;
  invoice_seq bigint;
  transfer bigint;
  told_as text;
  turn int;
  p boon_code.purse;
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
  short_accounts text[];
  short_of bigint[];
  written boolean;
BEGIN
  SELECT * INTO STRICT rules FROM boon.usage_rules x WHERE x.version = p_policy;
  -- Each account's uses follow each other, and those of each organisation's members. Nothing below changes their order.
  SELECT array_agg(q ORDER BY q.pool_id, q.account_id, q.i), min(q.now) - interval '32 days', array_agg(q.account_id) || array_agg(q.pool_id),
      greatest(min(q.at) FILTER (WHERE q.at < q.now), min(q.now) FILTER (WHERE q.at < q.now) - rules.accept_late_for)
    INTO requests, remembered_from, locked, late_since
    FROM json_populate_recordset(NULL::boon_code.use_request, p_requests) q;
  locked := ARRAY(SELECT a.id FROM boon.ledger_accounts a WHERE a.id = ANY (locked) ORDER BY a.id FOR UPDATE);

  -- Price
  FOR r IN SELECT * FROM boon_code.priced_uses(p_policy, requests, remembered_from) LOOP
    answer := (r.i, NULL, NULL, false, 0, 0, 0, 0, NULL, r.five_hour_limit, 0, NULL, r.weekly_limit, 0, NULL, r.amount, NULL)::boon_code.use_answer;

    IF r.account_id IS DISTINCT FROM account THEN
      IF counted THEN windows := windows || f || w; END IF;
      account := r.account_id; seen := NULL; counted := false; own := NULL; taken_from_own := 0;
      f := r.five_hour; w := r.weekly;
    END IF;

    IF (r.done).seq IS NOT NULL THEN
      answer := boon_code.replayed_use(answer, r.done, r.product, r.model, r.units);
      RETURN NEXT answer; CONTINUE;
    END IF;

    -- Judge: what the account was at the moment of the use, where it is reported late
    IF late_since IS NOT NULL THEN
      late := r.at < r.now; in_past := false; granted_by := CASE WHEN late THEN r.at ELSE 'infinity' END;
      then_five_hour := NULL; then_weekly := NULL;
      shown_five_hour_limit := r.five_hour_limit; shown_weekly_limit := r.weekly_limit;
    END IF;
    IF late THEN
      IF r.at < r.state_since THEN
        in_past := true;
        then_state := boon_code.account_at(r.account_id, r.at);
        r.status := then_state.status; r.switch := then_state.use_credits; r.org_id := then_state.org_id; r.pool_limit := then_state.pool_limit;
        SELECT x.five_hour, x.weekly, x.products INTO r.five_hour_limit, r.weekly_limit, r.products
          FROM boon.plan_rules x WHERE x.version = p_policy AND x.plan = then_state.plan;
      END IF;
      IF r.at < boon_code.counts_from(f) THEN then_five_hour := boon_code.window_before(f, r.at); END IF;
      IF r.at < boon_code.counts_from(w) THEN then_weekly := boon_code.window_before(w, r.at); END IF;
      in_past := in_past OR then_five_hour.account_id IS NOT NULL OR then_weekly.account_id IS NOT NULL;
    END IF;
    -- Judge: whether it is a use at all, that may be answered in this call
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

    -- Split: the plan pays what is left in both windows; one that has run out by then is full again.
    IF in_past THEN
      left_in_plan := least(r.amount,
        coalesce(r.five_hour_limit, boon_code.most_credits()) - coalesce(then_five_hour.used, boon_code.used_at(f, 'five_hour', r.at)),
        coalesce(r.weekly_limit, boon_code.most_credits()) - coalesce(then_weekly.used, boon_code.used_at(w, 'weekly', r.at)));
    ELSE
      left_in_plan := least(r.amount, coalesce(r.five_hour_limit, boon_code.most_credits()) - boon_code.used_at(f, 'five_hour', r.at),
        coalesce(r.weekly_limit, boon_code.most_credits()) - boon_code.used_at(w, 'weekly', r.at));
    END IF;
    -- What the use before had of a rest is none of this one's.
    IF rest > 0 THEN from_pool := 0; invoiced := 0; from_own := 0; pool_seq := NULL; own_seq := NULL; invoice_seq := NULL; reason := NULL; END IF;
    from_plan := greatest(left_in_plan, 0);
    rest := r.amount - from_plan;

    IF rest > 0 THEN
      reason := boon_code.why_not_credits(r.product, r.products, r.switch, true, rest, NULL, NULL, NULL, NULL);
      IF reason IS NULL THEN
        -- Split: the organisation's credits, then its invoice, then credits of the account's own
        IF r.org_id IS NULL THEN
          pool := NULL; bill := NULL;
        ELSIF pool.payer_id IS DISTINCT FROM r.org_id THEN
          -- What another account of this call has taken from the same purse is not written yet.
          IF r.org_id = ANY (purses) THEN answer.code := 'again'; RETURN NEXT answer; CONTINUE; END IF;
          IF late_since IS NULL THEN
            bill := boon_code.open_bill(r.org_id, r.at);
            SELECT * INTO pool FROM boon_code.open_purse(r.org_id, r.account_id, r.pool_limit, r.at, bill.month);
          ELSE
            bill := boon_code.open_bill_as_of(r.org_id, r.at, CASE WHEN late THEN r.at END);
            SELECT * INTO pool FROM boon_code.open_purse(r.org_id, r.account_id, r.pool_limit, r.at, bill.month, CASE WHEN late THEN r.at END, late_since);
          END IF;
          SELECT array_agg(m.id), array_agg(d.spent) INTO members, members_spent
            FROM (SELECT DISTINCT q.account_id AS id FROM unnest(requests) q WHERE q.pool_id = r.org_id) m
            CROSS JOIN LATERAL boon_code.member_spent(r.org_id, m.id, pool.month, bill.month) d;
          purses := purses || r.org_id; pools := pools || r.org_id;
        ELSE
          IF pool.spender_id <> r.account_id THEN
            pool.spender_id := r.account_id; pool.member_spent := members_spent[array_position(members, r.account_id)];
          END IF;
          pool.member_limit := r.pool_limit;
        END IF;
        IF r.org_id IS NOT NULL THEN from_pool := boon_code.payable(pool, r.product, r.at, granted_by, rest, true); END IF;
        IF bill.org_id IS NOT NULL THEN
          invoiced := greatest(least(rest - from_pool, bill.ceiling - bill.charged, pool.member_limit - pool.member_spent - from_pool), 0);
        END IF;
        IF from_pool + invoiced < rest THEN
          IF own.payer_id IS NULL THEN
            -- All that this call may need, at once.
            IF own_purses IS NULL AND late_since IS NULL THEN
              SELECT array_agg(o), array_agg(o.payer_id) INTO own_purses, owners FROM boon_code.own_purses(requests) o;
            ELSIF own_purses IS NULL THEN
              SELECT array_agg(o), array_agg(o.payer_id) INTO own_purses, owners FROM boon_code.own_purses(requests, late_since) o;
            END IF;
            own := own_purses[array_position(owners, r.account_id)];
            purses := purses || r.account_id;
          END IF;
          from_own := boon_code.payable(own, r.product, r.at, granted_by, rest - from_pool - invoiced, true);
        END IF;
        IF r.at < own.month_starts_at OR r.at >= own.month_ends_at OR r.at < pool.month_starts_at OR r.at >= pool.month_ends_at
          OR r.at < bill.used_from OR r.at >= bill.used_until
          OR late AND (r.at < own.state_from OR r.at >= own.state_until OR r.at < pool.state_from OR r.at >= pool.state_until)
          OR NOT late AND (own.state_until < 'infinity' OR pool.state_until < 'infinity') THEN
          -- Of another billing month than the use for which the purse was opened, or of when the payer was something else.
          answer.code := 'again'; RETURN NEXT answer; CONTINUE;
        END IF;
        -- Judge: whether that is all of the rest
        IF from_pool + invoiced + from_own < rest THEN
          payable_unlimited := boon_code.payable(pool, r.product, r.at, granted_by, rest, false) + boon_code.payable(own, r.product, r.at, granted_by, rest, false);
        END IF;
        reason := boon_code.why_not_credits(r.product, r.products, r.switch, r.use_credits, rest, from_pool + invoiced + from_own, payable_unlimited,
          pool.member_limit - pool.member_spent, bill.org_id IS NOT NULL);
        -- Credits that come now pay for nothing that was used before; but who tells when it was used tells it a moment later. Nor
        -- are credits wanted that would be asked for first.
        IF reason = 'no_credits' AND r.at > r.now - interval '5 minutes' AND (r.switch <> 'ask' OR r.use_credits) THEN
          IF late THEN
            payable_unlimited := boon_code.payable(pool, r.product, r.at, 'infinity'::timestamptz, rest, false) + boon_code.payable(own, r.product, r.at, 'infinity'::timestamptz, rest, false);
          END IF;
          short_accounts := short_accounts || r.account_id; short_of := short_of || rest - payable_unlimited;
        END IF;
      END IF;
    END IF;

    IF reason IS NULL THEN
      seen := seen || r.id;
      number := nextval('boon.usage_seq');
      -- Count: what the plan pays, in both windows
      IF from_plan > 0 THEN
        IF in_past AND then_five_hour.account_id IS NOT NULL THEN
          then_five_hour := boon_code.count_in_past(then_five_hour, from_plan, number);
          used := then_five_hour.used;
        ELSE
          counted := true;
          IF f.started_at + boon_code.window_length('five_hour') <= r.at THEN PERFORM boon_code.end_window(f, r.at, r.now); END IF;
          f := boon_code.counted_in(f, r.account_id, 'five_hour', r.at, from_plan, number);
          IF late AND r.at < boon_code.counts_from(f) THEN f.counts_from := r.at; END IF;
          used := f.used;
        END IF;
        IF r.five_hour_limit IS NOT NULL AND used * 100 >= rules.warn_at[1] * r.five_hour_limit THEN
          warnings := warnings || boon_code.warnings('five_hour', r.account_id, rules.warn_at, used - from_plan, used, r.five_hour_limit, r.at);
        END IF;
        IF in_past AND then_weekly.account_id IS NOT NULL THEN
          then_weekly := boon_code.count_in_past(then_weekly, from_plan, number);
          used := then_weekly.used;
        ELSE
          counted := true;
          IF w.started_at + boon_code.window_length('weekly') <= r.at THEN PERFORM boon_code.end_window(w, r.at, r.now); END IF;
          w := boon_code.counted_in(w, r.account_id, 'weekly', r.at, from_plan, number);
          IF late AND r.at < boon_code.counts_from(w) THEN w.counts_from := r.at; END IF;
          used := w.used;
        END IF;
        IF r.weekly_limit IS NOT NULL AND used * 100 >= rules.warn_at[1] * r.weekly_limit THEN
          warnings := warnings || boon_code.warnings('weekly', r.account_id, rules.warn_at, used - from_plan, used, r.weekly_limit, r.at);
        END IF;
      END IF;

      IF rest > 0 THEN
        -- Take: out of lots in burn order, the organisation's first
        -- Numbers are drawn under the lock that inserting takes: sealing waits for it, so none appears behind a sealed block.
        IF transfers IS NULL THEN LOCK TABLE boon.transfers IN ROW EXCLUSIVE MODE; END IF;
        FOR turn IN 1..2 LOOP
          to_take := CASE turn WHEN 1 THEN from_pool ELSE from_own END;
          CONTINUE WHEN to_take = 0;
          p := CASE turn WHEN 1 THEN pool ELSE own END;
          IF late AND true = ANY (p.lot_let_go) THEN
            opened := boon_code.take_back_let_go(p, r.product, r.at, granted_by, to_take);
            p.balance := opened.balance; transfers := transfers || opened.transfers; entries := entries || opened.entries;
          END IF;
          transfer := nextval('boon.transfers_seq_seq');
          -- Ids are each account's own: the organisation's statement tells whose use it was.
          told_as := CASE turn WHEN 1 THEN r.account_id || '/' || r.id ELSE r.id END;
          transfers := transfers || (transfer, 'posted', 'usage', p.payer_id, 'boon:revenue', to_take, NULL, told_as, r.at, transaction_timestamp())::boon.transfers;
          IF turn = 1 THEN pool_seq := transfer; ELSE own_seq := transfer; END IF;
          IF p.spending_limit IS NOT NULL THEN
            warnings := warnings || boon_code.warnings('spending', p.payer_id, rules.warn_at, p.spent, p.spent + to_take, p.spending_limit, r.at);
          END IF;
          IF p.member_limit IS NOT NULL THEN
            warnings := warnings || boon_code.warnings('member', p.spender_id, rules.warn_at, p.member_spent, p.member_spent + to_take, p.member_limit, r.at);
          END IF;
          p.spent := p.spent + to_take;
          spendings := spendings || (p.payer_id, '', p.month, to_take)::boon.spending;
          IF turn = 1 THEN
            p.member_spent := p.member_spent + to_take;
            spendings := spendings || (p.payer_id, p.spender_id, p.month, to_take)::boon.spending;
          END IF;
          slices := 0; lot := 1;
          WHILE to_take > 0 LOOP
            IF boon_code.may_pay(p, lot, r.product, r.at, granted_by) THEN
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
        -- Take: what is invoiced
        IF invoiced > 0 THEN
          invoice_seq := nextval('boon.transfers_seq_seq');
          transfers := transfers || (invoice_seq, 'posted', 'charge', 'boon:receivable', 'boon:revenue', invoiced, NULL, r.id, r.at, transaction_timestamp())::boon.transfers;
          IF bill.ceiling IS NOT NULL THEN
            warnings := warnings || boon_code.warnings('invoice', bill.org_id, rules.warn_at, bill.charged, bill.charged + invoiced, bill.ceiling, r.at);
          END IF;
          IF pool.member_limit IS NOT NULL THEN
            warnings := warnings || boon_code.warnings('member', r.account_id, rules.warn_at, pool.member_spent, pool.member_spent + invoiced, pool.member_limit, r.at);
          END IF;
          bill.charged := bill.charged + invoiced;
          pool.member_spent := pool.member_spent + invoiced;
          charges := charges || (invoice_seq, bill.org_id, bill.month, r.account_id, r.id, r.at, r.now, r.product, r.model, r.units, invoiced,
            bill.charged, bill.ceiling)::boon.charges;
          months := months || (bill.org_id, bill.month, bill.starts_at, bill.ends_at, p_policy, invoiced, NULL)::boon.billing_months;
        END IF;
      END IF;
    ELSE
      -- What credits and an invoice would have paid stays in the answer: a full window need not cover that.
      from_plan := 0;
      IF reason = 'credits_on_request' THEN from_pool := 0; invoiced := 0; from_own := 0; END IF;
      answer.code := 'limit_reached'; answer.reason := reason;
      answer.resets := (SELECT count(*) FROM boon.resets t WHERE t.account_id = r.account_id AND t.status = 'available' AND t.expires_at > r.now);
    END IF;

    answer := (r.i, answer.code, answer.reason, false, from_plan, from_pool, invoiced, from_own, r.available - taken_from_own,
      r.five_hour_limit, boon_code.used_at(f, 'five_hour', r.now), CASE WHEN f.started_at + boon_code.window_length('five_hour') > r.now THEN f.started_at END,
      r.weekly_limit, boon_code.used_at(w, 'weekly', r.now), CASE WHEN w.started_at + boon_code.window_length('weekly') > r.now THEN w.started_at END,
      r.amount, answer.resets)::boon_code.use_answer;
    IF in_past THEN answer.five_hour_limit := shown_five_hour_limit; answer.weekly_limit := shown_weekly_limit; END IF;
    IF answer.code IS NULL THEN
      uses := uses || (number, r.account_id, r.id, r.at, r.now, r.product, r.model, r.units, p_policy, r.amount, from_plan, from_pool, from_own,
        CASE WHEN from_pool > 0 THEN r.org_id END, pool_seq, CASE WHEN from_pool > 0 THEN pool.month END, own_seq,
        CASE WHEN from_own > 0 THEN own.month END, r.five_hour_limit, coalesce(f.used, 0), f.started_at,
        r.weekly_limit, coalesce(w.used, 0), w.started_at, answer.balance, invoiced, invoice_seq, f.since, w.since, NULL)::boon.usage;
      IF in_past THEN
        uses[cardinality(uses)] := boon_code.in_its_windows(uses[cardinality(uses)], then_five_hour, then_weekly, answer);
      END IF;
    END IF;
    RETURN NEXT answer;
  END LOOP;
  IF counted THEN windows := windows || f || w; END IF;
  IF short_accounts IS NOT NULL THEN
    PERFORM boon_code.note_want_of_credits(short_accounts, short_of, (SELECT max(q.now) FROM unnest(requests) q));
  END IF;
  IF uses IS NULL THEN RETURN; END IF;

  -- Write. By assignment: PERFORM would start an executor more.
  written := boon_code.write_uses(uses, windows, transfers, entries, spendings, charges, months, warnings);
END $$;
