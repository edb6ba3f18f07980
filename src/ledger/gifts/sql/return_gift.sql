-- What came back pays the payer's debt first; a reset whose money went back meanwhile is revoked.
CREATE FUNCTION boon_code.return_gift(
  g boon.gifts, p_status boon.gift_status, p_phase boon.transfer_phase, p_at timestamptz,
  p_reason_code text, p_reason text, p_by text
) RETURNS boon.gifts LANGUAGE plpgsql AS $$
DECLARE
  ended record;
BEGIN
  ended := boon_code.end_gift(g, p_status, p_phase, p_at, p_reason_code, p_reason, p_by);
  g := ended.g;
  IF g.reset_id IS NULL THEN
    PERFORM boon_code.credits_came(g.payer_id, ended.returned, g.id, p_at);
  ELSE
    PERFORM boon_code.resets_came(ARRAY[g.reset_id], p_at);
  END IF;
  RETURN g;
END $$;
