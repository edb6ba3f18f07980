CREATE TYPE boon_code.gift_request AS (
  i integer,
  id text,
  key text,
  input_hash text,
  at timestamp with time zone,
  sender_id text,
  recipient_id text,
  payer_id text,
  amount bigint,
  message text,
  email_sealed text,
  email_index text,
  token_hash text,
  token_sealed text
);

-- As in 008; the recipient must have room.
CREATE FUNCTION boon_code.accept_gifts(p_policy text, p_requests json)
RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql
-- One plan for good, by index, whatever the tables held when it was made: OFFSET 0 keeps each look-up of its own.
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  p boon.policies;
  requests boon_code.gift_request[];
  r record;
  -- The sender in hand: its counters, and in this call whom it gave to.
  sender text;
  used boon.gift_usage;
  gifts_now bigint;
  recipients_now text[];
  -- The payer in hand: its usable lots in burn order and what is available of them.
  payer text;
  lot_ids bigint[];
  lot_left bigint[];
  lot_giftable boolean[];
  lot_expires timestamptz[];
  lot_at int;
  giftable_left bigint;
  usable_left bigint;
  balance bigint;
  -- The promotional budget while another payer is in hand: it pays for gifts of many senders.
  budget record;
  budget_known boolean := false;
  -- What was decided.
  refused_code text;
  refused_reason text;
  refused_detail text;
  status boon.gift_status;
  rule text;
  recipient text;
  another_recipient int;
  left_to_take bigint;
  taken bigint;
  slices int;
  seen text[] := '{}';
  accepted int[] := '{}';
  accepted_status boon.gift_status[] := '{}';
  accepted_reason text[] := '{}';
  accepted_day date[] := '{}';
  usages boon.gift_usage[] := '{}';
  slice_gift int[] := '{}';
  slice_number int[] := '{}';
  slice_lot bigint[] := '{}';
  slice_amount bigint[] := '{}';
  slice_balance bigint[] := '{}';
  key_of text[] := '{}';
  key_hash text[] := '{}';
  key_at timestamptz[] := '{}';
  key_result jsonb[] := '{}';
BEGIN
  SELECT * INTO STRICT p FROM boon.policies WHERE version = p_policy;
  requests := ARRAY(SELECT q FROM json_populate_recordset(NULL::boon_code.gift_request, p_requests) q);
  PERFORM FROM boon.ledger_accounts a
    WHERE a.id IN (SELECT q.payer_id FROM unnest(requests) q UNION SELECT q.sender_id FROM unnest(requests) q)
    ORDER BY a.id FOR UPDATE;

  FOR r IN
    SELECT q.*, k.key IS NOT NULL AS known, k.input_hash = decode(q.input_hash, 'hex') AS same_input, k.result AS recorded,
      s.id IS NOT NULL AS sender_known, s.status AS sender_status, s.identity_verified_at, s.created_at AS sender_created_at,
      s.email_index AS sender_email, t.id IS NOT NULL AS recipient_known, t.status AS recipient_status,
      t.created_at AS recipient_created_at, s.fingerprints && t.fingerprints AS fingerprint_shared,
      (u.account_id, u.day, u.day_count, u.day_amount, u.month, u.month_count, u.month_amount,
        u.promotional_count, u.promotional_amount)::boon.gift_usage AS usage, l.*, a.credits_posted - a.debits_posted - a.debits_pending AS available,
      CASE WHEN p.recipient_must_be_new AND q.recipient_id IS NOT NULL THEN EXISTS (
        SELECT FROM boon.gifts g WHERE g.recipient_id = q.recipient_id AND g.status NOT IN ('canceled', 'expired', 'rejected')) END AS has_received,
      f.*
    FROM unnest(requests) q
    LEFT JOIN LATERAL (SELECT * FROM boon.idempotency_keys x WHERE x.key = q.key OFFSET 0) k ON true
    LEFT JOIN LATERAL (SELECT * FROM boon.accounts x WHERE x.id = q.sender_id OFFSET 0) s ON true
    LEFT JOIN LATERAL (SELECT * FROM boon.accounts x WHERE x.id = q.recipient_id OFFSET 0) t ON true
    LEFT JOIN LATERAL (SELECT * FROM boon.gift_usage x WHERE x.account_id = q.sender_id OFFSET 0) u ON true
    LEFT JOIN LATERAL (SELECT * FROM boon.ledger_accounts x WHERE x.id = q.payer_id OFFSET 0) a ON true
    CROSS JOIN LATERAL boon_code.screening_facts(q.sender_id, q.recipient_id, t.kind, q.at, p) f
    CROSS JOIN LATERAL (
      SELECT array_agg(y.id) AS ids, array_agg(y.remaining) AS remaining, array_agg(y.giftable) AS giftable, array_agg(y.expires_at) AS expires,
        coalesce(sum(y.remaining), 0)::bigint AS usable, coalesce(sum(y.remaining) FILTER (WHERE y.giftable), 0)::bigint AS to_give
      FROM (
        SELECT o.id, o.remaining, o.giftable OR q.payer_id = 'boon:promotional' AS giftable, o.expires_at FROM boon.lots o
        WHERE o.account_id = q.payer_id AND o.open AND (o.expires_at IS NULL OR o.expires_at > q.at)
        ORDER BY o.expires_at NULLS LAST, o.source, o.granted_at, o.id) y) l
    ORDER BY q.sender_id, q.payer_id, q.i
  LOOP
    i := r.i;
    replayed := r.known;
    IF r.known THEN
      result := CASE WHEN r.same_input THEN r.recorded ELSE jsonb_build_object('code', 'idempotency_mismatch') END;
      RETURN NEXT; CONTINUE;
    END IF;
    IF r.key = ANY (seen) THEN
      -- The same key twice in one call: the second waits for the next call, where the first is recorded.
      result := NULL; RETURN NEXT; CONTINUE;
    END IF;
    seen := seen || r.key;

    IF r.sender_id IS DISTINCT FROM sender THEN
      IF sender IS NOT NULL AND used.day IS NOT NULL THEN usages := usages || used; END IF;
      sender := r.sender_id;
      used := r.usage;
      gifts_now := r.recent_gifts;
      recipients_now := r.recent_recipients;
    END IF;
    IF r.payer_id IS DISTINCT FROM payer THEN
      IF payer = 'boon:promotional' THEN
        SELECT lot_ids, lot_left, lot_giftable, lot_expires, lot_at, balance, usable_left, giftable_left INTO budget;
        budget_known := true;
      END IF;
      payer := r.payer_id;
      IF payer = 'boon:promotional' AND budget_known THEN
        lot_ids := budget.lot_ids; lot_left := budget.lot_left; lot_giftable := budget.lot_giftable; lot_expires := budget.lot_expires;
        lot_at := budget.lot_at; balance := budget.balance; usable_left := budget.usable_left; giftable_left := budget.giftable_left;
      ELSE
        lot_ids := r.ids; lot_left := r.remaining; lot_giftable := r.giftable; lot_expires := r.expires; lot_at := 1;
        balance := r.available; usable_left := r.usable; giftable_left := r.to_give;
      END IF;
    END IF;
    -- A lot may expire between the gifts of one call; the soonest to expire come first.
    WHILE lot_expires[lot_at] <= r.at LOOP
      usable_left := usable_left - lot_left[lot_at];
      IF lot_giftable[lot_at] THEN giftable_left := giftable_left - lot_left[lot_at]; END IF;
      lot_at := lot_at + 1;
    END LOOP;
    IF used.account_id IS NULL THEN
      used := (r.sender_id, (r.at AT TIME ZONE 'UTC')::date, 0, 0, date_trunc('month', r.at AT TIME ZONE 'UTC')::date, 0, 0, 0, 0);
    END IF;
    -- A new day or month starts its counters anew; a clock that lags behind the last gift does not turn them back.
    IF used.day < (r.at AT TIME ZONE 'UTC')::date THEN
      used.day := (r.at AT TIME ZONE 'UTC')::date; used.day_count := 0; used.day_amount := 0;
    END IF;
    IF used.month < date_trunc('month', r.at AT TIME ZONE 'UTC')::date THEN
      used.month := date_trunc('month', r.at AT TIME ZONE 'UTC')::date; used.month_count := 0; used.month_amount := 0;
      used.promotional_count := 0; used.promotional_amount := 0;
    END IF;

    refused_code := NULL; refused_reason := NULL; refused_detail := NULL;
    IF NOT r.sender_known THEN
      refused_code := 'not_found'; refused_detail := format('There is no account "%s" to give from.', r.sender_id);
    ELSIF r.sender_id = r.recipient_id OR decode(r.email_index, 'hex') = r.sender_email THEN
      refused_code := 'self_gift'; refused_detail := 'Sender and recipient are the same.';
    ELSIF r.sender_status <> 'active' THEN
      refused_code := 'account_frozen'; refused_reason := r.sender_status;
      refused_detail := format('The sender''s account is %s.', r.sender_status);
    ELSIF p.identity_required AND (r.identity_verified_at IS NULL OR r.identity_verified_at > r.at) THEN
      refused_code := 'identity_unverified'; refused_detail := 'The sender has not verified their identity.';
    ELSIF r.sender_created_at + p.min_account_age > greatest(r.at, r.sender_created_at) THEN
      refused_code := 'gift_denied'; refused_reason := 'account_too_new';
      refused_detail := format('The sender''s account must be %s old: it may give from %s.', boon_code.duration_text(p.min_account_age),
                               boon_code.instant_text(r.sender_created_at + p.min_account_age));
    ELSIF r.recipient_id IS NOT NULL AND NOT r.recipient_known THEN
      refused_code := 'recipient_ineligible'; refused_reason := 'unknown_account';
      refused_detail := format('There is no account "%s" to give to.', r.recipient_id);
    ELSIF r.recipient_status <> 'active' THEN
      refused_code := 'recipient_ineligible'; refused_reason := 'recipient_unavailable';
      refused_detail := 'The recipient''s account does not take gifts now.';
    ELSIF p.recipient_must_be_new AND r.recipient_id IS NOT NULL AND (r.has_received OR r.recipient_created_at + p.new_within <= r.at) THEN
      refused_code := 'recipient_ineligible'; refused_reason := 'recipient_not_new';
      refused_detail := 'Gifts go to new accounts that have not been given one yet.';
    ELSIF r.amount < p.min_amount THEN
      refused_code := 'gift_limit_exceeded'; refused_reason := 'below_least';
      refused_detail := format('The least one gift may be is %s credits.', boon_code.credits(p.min_amount));
    ELSIF r.amount > p.max_amount THEN
      refused_code := 'gift_limit_exceeded'; refused_reason := 'above_most';
      refused_detail := format('The most one gift may be is %s credits.', boon_code.credits(p.max_amount));
    ELSIF r.amount >= 1000000000000 AND NOT boon_code.takes_gift(r.recipient_id, r.amount) THEN
      refused_code := 'recipient_ineligible'; refused_reason := 'account_full';
      refused_detail := 'The recipient''s account cannot take so many credits: it has had nearly as many as the ledger counts of one account.';
    ELSE
      refused_reason := boon_code.limit_reached(p, used, r.payer_id, r.amount);
      IF refused_reason IS NOT NULL THEN
        refused_code := 'gift_limit_exceeded'; refused_detail := boon_code.limit_detail(p, used, refused_reason);
      ELSIF giftable_left < r.amount THEN
        IF usable_left >= r.amount THEN
          refused_code := 'not_giftable';
          refused_detail := format('%s credits are available, of which %s may be given away.', boon_code.credits(usable_left), boon_code.credits(giftable_left));
        ELSIF r.payer_id = 'boon:promotional' THEN
          refused_code := 'insufficient_credits'; refused_reason := 'budget_used_up'; refused_detail := 'The operator''s budget for gifts is used up.';
        ELSE
          refused_code := 'insufficient_credits';
          refused_detail := format('%s credits are available; the gift needs %s.', boon_code.credits(usable_left), boon_code.credits(r.amount));
        END IF;
      END IF;
    END IF;

    rule := NULL;
    status := CASE WHEN r.recipient_id IS NULL THEN 'awaiting_claim' ELSE 'pending' END;
    IF refused_code IS NULL THEN
      recipient := coalesce(r.recipient_id, r.email_index);
      another_recipient := CASE WHEN recipient = ANY (recipients_now) THEN 0 ELSE 1 END;
      rule := boon_code.caught_by(p, r.amount, r.sender_created_at, r.at, gifts_now + 1, cardinality(recipients_now) + another_recipient,
                             r.other_senders + 1, r.comes_back, r.fingerprint_shared);
      IF rule IS NOT NULL THEN
        IF boon_code.verdict_of(p, rule) = 'hold' THEN
          status := 'held';
        ELSE
          refused_code := 'gift_denied'; refused_reason := rule; refused_detail := format('Screening refused the gift: %s.', rule);
        END IF;
      END IF;
    END IF;

    IF refused_code IS NOT NULL THEN
      result := jsonb_strip_nulls(jsonb_build_object('code', refused_code, 'reason_code', refused_reason, 'detail', refused_detail));
      -- Not recorded: the account may exist by the next try.
      IF refused_code <> 'not_found' THEN
        key_of := key_of || r.key; key_hash := key_hash || r.input_hash; key_at := key_at || r.at; key_result := key_result || result;
      END IF;
      RETURN NEXT; CONTINUE;
    END IF;

    -- Take the slices, soonest to burn first.
    left_to_take := r.amount; slices := 0;
    WHILE left_to_take > 0 LOOP
      IF lot_giftable[lot_at] AND lot_left[lot_at] > 0 THEN
        taken := least(left_to_take, lot_left[lot_at]);
        lot_left[lot_at] := lot_left[lot_at] - taken;
        left_to_take := left_to_take - taken;
        balance := balance - taken;
        slices := slices + 1;
        slice_gift := slice_gift || r.i; slice_number := slice_number || slices;
        slice_lot := slice_lot || lot_ids[lot_at]; slice_amount := slice_amount || taken; slice_balance := slice_balance || balance;
      END IF;
      IF left_to_take > 0 THEN lot_at := lot_at + 1; END IF;
    END LOOP;
    giftable_left := giftable_left - r.amount; usable_left := usable_left - r.amount;
    gifts_now := gifts_now + 1;
    IF another_recipient > 0 THEN recipients_now := recipients_now || recipient; END IF;
    used.day_count := used.day_count + 1; used.day_amount := used.day_amount + r.amount;
    used.month_count := used.month_count + 1; used.month_amount := used.month_amount + r.amount;
    IF r.payer_id = 'boon:promotional' THEN
      used.promotional_count := used.promotional_count + 1; used.promotional_amount := used.promotional_amount + r.amount;
    END IF;

    accepted := accepted || r.i; accepted_status := accepted_status || status; accepted_reason := accepted_reason || rule;
    accepted_day := accepted_day || used.day;
    result := jsonb_build_object('id', r.id, 'status', status, 'policy_version', p_policy, 'created_at', r.at,
      'settles_at', r.at + p.settlement,
      'claim_expires_at', CASE WHEN r.recipient_id IS NULL THEN r.at + p.claim_window END,
      'hold_ends_at', CASE WHEN status = 'held' THEN r.at + p.hold_at_most END,
      'reason_code', rule);
    key_of := key_of || r.key; key_hash := key_hash || r.input_hash; key_at := key_at || r.at; key_result := key_result || result;
    RETURN NEXT;
  END LOOP;
  IF used.day IS NOT NULL THEN usages := usages || used; END IF;

  INSERT INTO boon.idempotency_keys
    SELECT x.key, decode(x.hash, 'hex'), x.result, x.at FROM unnest(key_of, key_hash, key_result, key_at) x (key, hash, result, at);
  IF accepted = '{}' THEN RETURN; END IF;

  -- Numbers are drawn by the statement that inserts under them, so under its lock on the table: sealing waits for
  -- that lock, and none can appear behind a sealed block.
  WITH gift AS MATERIALIZED (
    -- In the order of the decisions: the balance after each was worked out in it.
    SELECT y.*, nextval('boon.transfers_seq_seq') AS seq FROM (
      SELECT q.*, x.status, x.reason, x.day, x.n
      FROM unnest(accepted, accepted_status, accepted_reason, accepted_day) WITH ORDINALITY x (i, status, reason, day, n)
      JOIN unnest(requests) q ON q.i = x.i ORDER BY x.n OFFSET 0) y
  ), held AS (
    INSERT INTO boon.transfers (seq, phase, kind, debit_account, credit_account, amount, reference, effective_at)
    OVERRIDING SYSTEM VALUE
    SELECT g.seq, 'pending', 'gift', g.payer_id, coalesce(g.recipient_id, 'boon:unclaimed'), g.amount, g.id, g.at FROM gift g ORDER BY g.n
  ), gift_row AS (
    INSERT INTO boon.gifts (id, status, sender_id, recipient_id, payer_id, amount, message, policy_version, transfer, accepted_at, counted_on,
      settles_at, claim_expires_at, held_at, hold_ends_at, held_by, held_from, reason_code, email_sealed, email_index, token_hash, token_sealed)
    SELECT g.id, g.status, g.sender_id, g.recipient_id, g.payer_id, g.amount, g.message, p_policy, g.seq, g.at, g.day, g.at + p.settlement,
      CASE WHEN g.recipient_id IS NULL THEN g.at + p.claim_window END,
      CASE WHEN g.status = 'held' THEN g.at END, CASE WHEN g.status = 'held' THEN g.at + p.hold_at_most END,
      CASE WHEN g.status = 'held' THEN 'screening'::boon.gift_holder END,
      CASE WHEN g.status = 'held' THEN CASE WHEN g.recipient_id IS NULL THEN 'awaiting_claim'::boon.gift_status ELSE 'pending' END END,
      g.reason, decode(g.email_sealed, 'hex'), decode(g.email_index, 'hex'), decode(g.token_hash, 'hex'), decode(g.token_sealed, 'hex')
    FROM gift g
  ), slice AS MATERIALIZED (
    SELECT x.*, g.payer_id, g.id AS gift_id, g.at, g.seq
    FROM unnest(slice_gift, slice_number, slice_lot, slice_amount, slice_balance) x (i, n, lot_id, amount, balance)
    JOIN gift g ON g.i = x.i
  ), entry AS (
    INSERT INTO boon.entries SELECT s.seq, s.n, s.payer_id, s.lot_id, 'gift_held', -s.amount, s.balance, s.gift_id, s.at
    FROM slice s ORDER BY s.seq, s.n
  ), lot AS (
    UPDATE boon.lots l SET remaining = l.remaining - d.taken
    FROM (SELECT s.lot_id, sum(s.amount) AS taken FROM slice s GROUP BY s.lot_id) d WHERE l.id = d.lot_id
  ), total AS (
    UPDATE boon.ledger_accounts a SET debits_pending = a.debits_pending + d.amount
    FROM (SELECT g.payer_id, sum(g.amount) AS amount FROM gift g GROUP BY g.payer_id) d WHERE a.id = d.payer_id
  ), counter AS (
    INSERT INTO boon.gift_usage SELECT (u).* FROM unnest(usages) u
    WHERE EXISTS (SELECT FROM gift g WHERE g.sender_id = (u).account_id)
    ON CONFLICT (account_id) DO UPDATE SET day = excluded.day, day_count = excluded.day_count, day_amount = excluded.day_amount,
      month = excluded.month, month_count = excluded.month_count, month_amount = excluded.month_amount,
      promotional_count = excluded.promotional_count, promotional_amount = excluded.promotional_amount
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'gift.accepted', g.id, array_remove(ARRAY[g.sender_id, g.recipient_id], NULL),
    jsonb_build_object('id', g.id, 'status', g.status, 'from', g.sender_id, 'to', g.recipient_id, 'amount', boon_code.credits(g.amount),
      'reason_code', g.reason), g.at
  FROM gift g ORDER BY g.n;
END $$;
