CREATE FUNCTION boon_code.note_credit_reminder(p_lot bigint, p_before interval, p_outcome text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.credit_reminders VALUES (p_lot, p_before, p_outcome, p_at) ON CONFLICT DO NOTHING
$$;
