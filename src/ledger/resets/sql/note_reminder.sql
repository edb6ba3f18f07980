-- Notes what happened to a reminder; once noted it is not due any more.
CREATE FUNCTION boon_code.note_reminder(p_resets bigint[], p_before interval, p_outcome text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.reset_reminders SELECT r, p_before, p_outcome, p_at FROM unnest(p_resets) r ON CONFLICT DO NOTHING
$$;
