-- Takes an array of gifts of resets and answers each by its `i`, as accept_gifts does: screened, counted to the sender's
-- limits by number, the reset held, the gift written.
CREATE FUNCTION boon_code.accept_reset_gifts(p_policy text, p_requests json) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  p boon.policies;
  q boon_code.reset_gift_request;
  used boon.gift_usage;
  parties boon_code.gift_parties;
  facts boon_code.screening_facts;
  screened boon_code.screened;
  refused boon_code.gift_refusal;
  given boon.resets;
  g boon.gifts;
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
    SELECT * INTO parties FROM boon_code.gift_parties(p, q.sender_id, q.recipient_id, decode(q.email_index, 'hex'), q.at);
    SELECT * INTO given FROM boon.resets x WHERE x.id = q.reset_id AND x.account_id = q.sender_id;
    SELECT * INTO used FROM boon.gift_usage x WHERE x.account_id = q.sender_id;
    used := boon_code.usage_at(used, q.sender_id, q.at);
    refused := boon_code.reset_gift_refused(p, parties, used, given, q.reset_id);
    IF refused.code IS NULL THEN
      SELECT * INTO facts FROM boon_code.screening_facts(p, parties, 0);
      screened := boon_code.screening(p, facts);
      refused := boon_code.screening_refused(screened, 'gift');
    END IF;
    IF refused.code IS NOT NULL THEN
      result := jsonb_strip_nulls(to_jsonb(refused));
    ELSE
      used := boon_code.usage_with(used, q.sender_id, 0);
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
      IF screened.rule IS NOT NULL THEN g := boon_code.hold_gift(g, 'screening', q.at, screened.rule, NULL, NULL); END IF;
      result := boon_code.gift_view(g);
    END IF;
    PERFORM boon_code.keep_answer(q.key, q.input_hash, result, q.at);
    RETURN NEXT;
  END LOOP;
END $$;
