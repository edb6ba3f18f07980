CREATE FUNCTION boon_code.incur_debt(p_account text, p_amount bigint, p_reference text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.debts AS d VALUES (p_account, p_amount) ON CONFLICT (account_id) DO UPDATE SET amount = d.amount + excluded.amount;
  INSERT INTO boon.debt_movements (account_id, kind, amount, purchase_id, effective_at) VALUES (p_account, 'incurred', p_amount, p_reference, p_at);
$$;
