-- Null when there is no such account.
CREATE FUNCTION boon_code.top_up_view(p_policy text, p_account text, p_at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('account_id', a.id, 'enabled', t.account_id IS NOT NULL, 'card_saved', c.account_id IS NOT NULL,
    'package', t.package, 'below', boon_code.credits(t.below),
    'price', boon_code.coins(t.price, t.currency),
    'monthly_cap', boon_code.coins(t.monthly_cap, t.currency),
    'spent', boon_code.coins(boon_code.topped_up(a.id, boon_code.month_of(a.id, p_at)), t.currency), 'consented_at', t.consented_at,
    'paused_until', CASE WHEN t.paused_until > p_at THEN t.paused_until END, 'blocked_by', b.reason, 'blocked_until', b.until)
  FROM boon.accounts a LEFT JOIN boon.top_ups t ON t.account_id = a.id LEFT JOIN boon.payment_customers c ON c.account_id = a.id
  LEFT JOIN LATERAL boon_code.top_up_block(p_policy, t, p_at) b ON t.account_id IS NOT NULL
  WHERE a.id = p_account
$$;
