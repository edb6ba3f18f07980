-- Ends a letter that is due; none that has ended.
CREATE FUNCTION boon_code.end_letter(p_id text, p_status text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  l boon.letters;
BEGIN
  UPDATE boon.letters x SET status = p_status, ended_at = p_at, held_by = NULL, held_until = NULL,
    unanswered = CASE p_status WHEN 'sent' THEN 0 ELSE x.unanswered END
    WHERE x.id = p_id AND x.status = 'due' RETURNING * INTO l;
  IF FOUND THEN
    DELETE FROM boon.stuck_items s USING boon_code.letter_duty(l) d WHERE s.what = d.what AND s.item = d.item;
  END IF;
END $$;
