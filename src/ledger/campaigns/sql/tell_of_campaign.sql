CREATE FUNCTION boon_code.tell_of_campaign(c boon.campaigns, p_type text, p_reason text, p_by text, p_at timestamptz) RETURNS void
  LANGUAGE sql AS $$
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  VALUES (p_type, c.id, '{}', jsonb_strip_nulls(jsonb_build_object('kind', c.kind, 'status', c.status, 'reason', p_reason, 'by', p_by)), p_at)
$$;
