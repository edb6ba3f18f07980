-- Claims a gift by e-mail for an account, which takes the place of the address. The caller has looked at the link, and locked both.
CREATE FUNCTION boon_code.claim_gift(g boon.gifts, p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  p boon.policies;
  parties boon_code.gift_parties;
  facts boon_code.screening_facts;
  screened boon_code.screened;
  refused boon_code.gift_refusal;
BEGIN
  SELECT * INTO p FROM boon.policies x WHERE x.version = g.policy_version;
  SELECT * INTO parties FROM boon_code.gift_parties(p, g.sender_id, p_account, NULL, p_at);
  refused := boon_code.claim_refused(p, parties, g.amount);
  IF refused.code IS NULL THEN
    SELECT * INTO facts FROM boon_code.screening_facts(p, parties, NULL);
    facts.recent_recipients := array_remove(facts.recent_recipients, encode(g.email_index, 'hex'));
    screened := boon_code.screening(p, facts);
    refused := boon_code.screening_refused(screened, 'claim');
  END IF;
  IF refused.code IS NOT NULL THEN
    RETURN jsonb_strip_nulls(to_jsonb(refused));
  END IF;
  UPDATE boon.gifts SET status = 'pending', recipient_id = p_account, claimed_at = p_at, settles_at = greatest(g.settles_at, p_at),
    token_hash = NULL, token_sealed = NULL WHERE id = g.id RETURNING * INTO g;
  PERFORM boon_code.emit_gift_event(g, 'gift.claimed', p_at);
  IF (parties.sender).status <> 'active' THEN
    g := boon_code.hold_gift(g, 'freeze', p_at, 'account_frozen', NULL, NULL);
  ELSIF screened.rule IS NOT NULL AND g.released_by IS DISTINCT FROM 'operator' THEN
    g := boon_code.hold_gift(g, 'screening', p_at, screened.rule, NULL, NULL);
  END IF;
  RETURN jsonb_build_object('gift', boon_code.gift_view(g));
END $$;
