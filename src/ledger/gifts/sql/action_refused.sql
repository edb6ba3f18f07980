-- Why an action does not fit the gift's status, or null. The table stands in domain/gift-status.ts too.
CREATE FUNCTION boon_code.action_refused(p_status boon.gift_status, p_action text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN p_action = 'cancel' AND p_status IN ('awaiting_claim', 'pending', 'held') THEN NULL
    WHEN p_action = 'claim' AND p_status = 'awaiting_claim' THEN NULL
    WHEN p_action = 'hold' AND p_status IN ('awaiting_claim', 'pending') THEN NULL
    WHEN p_action = 'release' AND p_status = 'held' THEN NULL
    WHEN p_action = 'reject' AND p_status IN ('awaiting_claim', 'pending', 'held') THEN NULL
    WHEN p_action = 'reverse' AND p_status = 'settled' THEN NULL
    WHEN p_action = 'claim' AND p_status = 'held' THEN 'gift_held'
    WHEN p_action = 'claim' AND p_status = 'expired' THEN 'claim_expired'
    WHEN p_action = 'claim' THEN 'claim_invalid'
    WHEN p_action = 'hold' AND p_status = 'held' THEN 'gift_held'
    WHEN p_action = 'release' AND p_status IN ('awaiting_claim', 'pending') THEN 'not_held'
    WHEN p_action = 'reverse' AND p_status IN ('awaiting_claim', 'pending', 'held') THEN 'not_settled'
    WHEN p_status = 'settled' THEN 'already_settled'
    ELSE 'already_resolved' END
$$;
