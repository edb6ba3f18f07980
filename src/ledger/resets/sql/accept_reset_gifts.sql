-- Takes an array of gifts of resets and answers each by its `i`, as accept_gifts does: screened, counted to the sender's
-- limits by number, the reset held, the gift written.
CREATE FUNCTION boon_code.accept_reset_gifts(p_policy text, p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  p boon.policies;
  q boon_code.reset_gift_request;
  used boon.gift_usage;
  g boon.gifts;
  sender boon.accounts;
  recipient boon.accounts;
  f record;
  rule text;
  today date;
  this_month date;
BEGIN
  SELECT * INTO STRICT p FROM boon.policies WHERE version = p_policy;
  PERFORM FROM boon.ledger_accounts a
    WHERE a.id IN (SELECT x.sender_id FROM json_populate_recordset(NULL::boon_code.reset_gift_request, p_requests) x) ORDER BY a.id FOR UPDATE;
  FOR q IN SELECT * FROM json_populate_recordset(NULL::boon_code.reset_gift_request, p_requests) ORDER BY 1 LOOP
    i := q.i;
    result := boon_code.recorded_answer(q.key, q.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN
      RETURN NEXT; CONTINUE;
    END IF;
    -- A new day or month starts its counters anew; a clock that lags behind the last gift does not turn them back.
    today := (q.at AT TIME ZONE 'UTC')::date;
    this_month := date_trunc('month', q.at AT TIME ZONE 'UTC')::date;
    SELECT * INTO used FROM boon.gift_usage x WHERE x.account_id = q.sender_id;
    IF NOT FOUND THEN used := (q.sender_id, today, 0, 0, this_month, 0, 0, 0, 0); END IF;
    IF used.day < today THEN used.day := today; used.day_count := 0; used.day_amount := 0; END IF;
    IF used.month < this_month THEN
      used.month := this_month; used.month_count := 0; used.month_amount := 0; used.promotional_count := 0; used.promotional_amount := 0;
    END IF;
    result := boon_code.reset_gift_refused(p, q, used);
    IF result IS NULL THEN
      SELECT * INTO sender FROM boon.accounts x WHERE x.id = q.sender_id;
      SELECT * INTO recipient FROM boon.accounts x WHERE x.id = q.recipient_id;
      SELECT * INTO f FROM boon_code.screening_facts(q.sender_id, q.recipient_id, recipient.kind, q.at, p);
      rule := boon_code.caught_by(p, 0, sender.created_at, q.at, f.recent_gifts + 1,
                             cardinality(array_remove(f.recent_recipients, coalesce(q.recipient_id, q.email_index))) + 1,
                             f.other_senders + 1, f.comes_back, sender.fingerprints && recipient.fingerprints);
      IF boon_code.verdict_of(p, rule) = 'deny' THEN
        result := jsonb_build_object('code', 'gift_denied', 'reason_code', rule, 'detail', format('Screening refused the gift: %s.', rule));
      END IF;
    END IF;
    IF result IS NULL THEN
      used.day_count := used.day_count + 1; used.month_count := used.month_count + 1;
      INSERT INTO boon.gift_usage SELECT used.* ON CONFLICT (account_id) DO UPDATE SET day = excluded.day, day_count = excluded.day_count,
        day_amount = excluded.day_amount, month = excluded.month, month_count = excluded.month_count, month_amount = excluded.month_amount,
        promotional_count = excluded.promotional_count, promotional_amount = excluded.promotional_amount;
      UPDATE boon.resets SET status = 'held' WHERE id = q.reset_id;
      INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at) VALUES (q.reset_id, q.sender_id, 'held', q.id, q.at);
      INSERT INTO boon.gifts (id, status, sender_id, recipient_id, payer_id, amount, reset_id, message, policy_version, accepted_at, counted_on,
          settles_at, claim_expires_at, email_sealed, email_index, token_hash, token_sealed)
        VALUES (q.id, CASE WHEN q.recipient_id IS NULL THEN 'awaiting_claim'::boon.gift_status ELSE 'pending' END, q.sender_id, q.recipient_id,
          q.sender_id, 0, q.reset_id, q.message, p_policy, q.at, used.day, q.at + p.settlement,
          CASE WHEN q.recipient_id IS NULL THEN q.at + p.claim_window END, decode(q.email_sealed, 'hex'), decode(q.email_index, 'hex'),
          decode(q.token_hash, 'hex'), decode(q.token_sealed, 'hex'))
        RETURNING * INTO g;
      PERFORM boon_code.emit_gift_event(g, 'gift.accepted', q.at);
      IF rule IS NOT NULL THEN g := boon_code.hold_gift(g, 'screening', q.at, rule, NULL, NULL); END IF;
      result := boon_code.gift_view(g);
    END IF;
    -- Not recorded: the account may exist by the next try.
    IF result ->> 'code' IS DISTINCT FROM 'not_found' THEN
      INSERT INTO boon.idempotency_keys VALUES (q.key, decode(q.input_hash, 'hex'), result, q.at);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
