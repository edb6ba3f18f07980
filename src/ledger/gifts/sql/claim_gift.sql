-- As in 011; the claimant must have room.
CREATE FUNCTION boon_code.claim_gift(g boon.gifts, p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  p boon.policies;
  sender boon.accounts;
  claimant boon.accounts;
  f record;
  rule text;
  policy_version text := g.policy_version;
  settles timestamptz := greatest(g.settles_at, p_at);
BEGIN
  SELECT * INTO p FROM boon.policies x WHERE x.version = policy_version;
  SELECT * INTO sender FROM boon.accounts x WHERE x.id = g.sender_id;
  SELECT * INTO claimant FROM boon.accounts x WHERE x.id = p_account;
  IF claimant.id IS NULL THEN
    RETURN jsonb_build_object('code', 'not_found', 'detail', format('There is no account "%s" to claim for.', p_account));
  ELSIF claimant.id = g.sender_id THEN
    RETURN jsonb_build_object('code', 'self_gift', 'detail', 'A gift cannot be claimed by its sender.');
  ELSIF claimant.status <> 'active' THEN
    RETURN jsonb_build_object('code', 'recipient_ineligible', 'reason_code', 'recipient_unavailable', 'detail', 'The account does not take gifts now.');
  ELSIF g.amount >= 1000000000000 AND NOT boon_code.takes_gift(p_account, g.amount) THEN
    RETURN jsonb_build_object('code', 'recipient_ineligible', 'reason_code', 'account_full',
      'detail', 'The account cannot take so many credits: it has had nearly as many as the ledger counts of one account. Claim with another.');
  ELSIF p.recipient_must_be_new AND (claimant.created_at + p.new_within <= p_at OR EXISTS (
      SELECT FROM boon.gifts x WHERE x.recipient_id = p_account AND x.status NOT IN ('canceled', 'expired', 'rejected'))) THEN
    RETURN jsonb_build_object('code', 'recipient_ineligible', 'reason_code', 'recipient_not_new', 'detail', 'Gifts go to new accounts that have not been given one yet.');
  END IF;
  SELECT * INTO f FROM boon_code.screening_facts(g.sender_id, p_account, claimant.kind, p_at, p);
  -- The claimant takes the place of the address among those that were given to.
  rule := boon_code.caught_by(p, NULL, sender.created_at, p_at, NULL,
                         cardinality(array_remove(array_remove(f.recent_recipients, encode(g.email_index, 'hex')), p_account)) + 1,
                         f.other_senders + 1, f.comes_back, sender.fingerprints && claimant.fingerprints);
  IF boon_code.verdict_of(p, rule) = 'deny' THEN
    RETURN jsonb_build_object('code', 'gift_denied', 'reason_code', rule, 'detail', format('Screening refused the claim: %s.', rule));
  END IF;
  UPDATE boon.gifts SET status = 'pending', recipient_id = p_account, claimed_at = p_at, settles_at = settles,
    token_hash = NULL, token_sealed = NULL WHERE id = g.id RETURNING * INTO g;
  PERFORM boon_code.emit_gift_event(g, 'gift.claimed', p_at);
  IF sender.status <> 'active' THEN
    g := boon_code.hold_gift(g, 'freeze', p_at, 'account_frozen', NULL, NULL);
  ELSIF rule IS NOT NULL AND g.released_by IS DISTINCT FROM 'operator' THEN
    g := boon_code.hold_gift(g, 'screening', p_at, rule, NULL, NULL);
  END IF;
  RETURN jsonb_build_object('gift', boon_code.gift_view(g));
END $$;
