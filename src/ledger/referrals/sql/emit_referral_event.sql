CREATE FUNCTION boon_code.emit_referral_event(r boon.referrals, p_type text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  VALUES (p_type, r.id, array_remove(ARRAY[r.referrer_id, r.friend_id], NULL), boon_code.referral_view(r), p_at)
$$;
