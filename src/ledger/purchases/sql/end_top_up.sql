-- Ends the consent, if there is one.
CREATE FUNCTION boon_code.end_top_up(p_account text, p_by text, p_reason text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  WITH ended AS (DELETE FROM boon.top_ups t WHERE t.account_id = p_account RETURNING *), noted AS (
    INSERT INTO boon.top_up_consents (account_id, given, package, below, monthly_cap, currency, credits, price, said_by, reason, effective_at)
    SELECT account_id, false, package, below, monthly_cap, currency, credits, price, p_by, p_reason, p_at FROM ended
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'top_up.ended', account_id, ARRAY[account_id], jsonb_build_object('by', p_by, 'reason', p_reason), p_at FROM ended
$$;
