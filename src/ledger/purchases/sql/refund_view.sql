CREATE FUNCTION boon_code.refund_view(r boon.refunds) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', r.id, 'purchase_id', r.purchase_id, 'account_id', p.account_id, 'status', r.status, 'amount', boon_code.coins(r.amount, p.currency),
    'reason', r.reason, 'taken_back', jsonb_build_object('credits', boon_code.credits(r.taken), 'resets', r.resets_taken), 'owed', boon_code.credits(r.owed),
    'created_at', r.created_at, 'ended_at', r.ended_at, 'reason_code', r.reason_code)
  FROM boon.purchases p WHERE p.id = r.purchase_id
$$;
