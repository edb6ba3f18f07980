-- What keeps a top-up from being charged, and until when where that is known; null when nothing does.
CREATE FUNCTION boon_code.top_up_block(p_policy text, t boon.top_ups, p_at timestamptz, OUT reason text, OUT until timestamptz) LANGUAGE plpgsql STABLE AS $$
DECLARE
  a boon.accounts;
BEGIN
  SELECT * INTO a FROM boon.accounts x WHERE x.id = t.account_id;
  IF a.status <> 'active' THEN
    reason := 'account_frozen';
  ELSIF NOT EXISTS (SELECT FROM boon.payment_customers c WHERE c.account_id = t.account_id) THEN
    reason := 'card_required';
  ELSIF NOT EXISTS (SELECT FROM boon.package_rules r WHERE r.version = p_policy AND r.package = t.package
      AND (r.credits, r.price, r.currency, r.resets) = (t.credits, t.price, t.currency, 0)) THEN
    reason := 'price_changed';
  ELSIF t.credits > boon_code.room_of(t.account_id) THEN
    reason := 'account_full';
  ELSIF t.paused_until > p_at THEN
    reason := 'paused'; until := t.paused_until;
  ELSIF EXISTS (SELECT FROM boon.debts d WHERE d.account_id = t.account_id AND d.amount > 0) THEN
    reason := 'debt';
  ELSIF boon_code.topped_up(t.account_id, boon_code.month_of(t.account_id, p_at)) + t.price > t.monthly_cap THEN
    reason := 'monthly_cap';
    until := (SELECT m.ends_at FROM boon_code.billing_month(t.account_id, p_at) m);
  END IF;
END $$;
