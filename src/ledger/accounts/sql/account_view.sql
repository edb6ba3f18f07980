-- An account as it stands, with the billing month that runs at p_at. `billing_day_from`: when the last move of the day takes
-- effect, unless the day is in force. Null when there is no such account.
CREATE FUNCTION boon_code.account_view(p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', a.id, 'name', a.name, 'kind', a.kind, 'plan', a.plan, 'status', a.status, 'email_sealed', encode(a.email_sealed, 'hex'),
    'billing_day', a.billing_day, 'identity_verified_at', a.identity_verified_at, 'created_at', a.created_at, 'last_active_at', a.last_active_at,
    'cohorts', a.cohorts, 'org_id', a.org_id, 'auto_redeem', a.auto_redeem, 'use_credits', a.use_credits,
    'spending_limit', boon_code.credits(a.spending_limit), 'pool_limit', boon_code.credits(a.pool_limit), 'billing', a.billing,
    'invoice_ceiling', boon_code.credits(a.invoice_ceiling), 'billing_month', jsonb_build_object('starts_at', m.starts_at, 'ends_at', m.ends_at),
    'billing_day_from', CASE WHEN d.day <> a.billing_day THEN l.starts_at END)
  FROM boon.accounts a CROSS JOIN LATERAL boon_code.billing_month(a.id, p_at) m
  LEFT JOIN LATERAL (SELECT x.starts_at FROM boon.billing_days x WHERE x.account_id = a.id ORDER BY x.number DESC LIMIT 1) l ON true
  LEFT JOIN LATERAL (SELECT x.day FROM boon.billing_days x WHERE x.account_id = a.id AND x.starts_at <= p_at ORDER BY x.number DESC LIMIT 1) d ON true
  WHERE a.id = p_account
$$;
