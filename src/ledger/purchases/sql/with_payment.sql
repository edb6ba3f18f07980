-- What is known of a purchase's payment, laid over its view; null stays null.
CREATE FUNCTION boon_code.with_payment(p_view jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN p_view IS NOT NULL THEN p_view || coalesce((
    SELECT jsonb_build_object('paid', boon_code.coins(p.paid, p.currency),
      'tax', CASE WHEN p.paid_at IS NOT NULL THEN boon_code.coins(coalesce(p.tax, 0), p.currency) END) FROM boon.purchases p WHERE p.id = p_view ->> 'id'), '{}') END
$$;
