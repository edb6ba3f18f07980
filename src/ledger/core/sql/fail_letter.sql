-- Notes that a try failed, which puts the letter aside for the sweep. p_answered: the mail server has not got it. Where it may
-- have got it, that was the first such try, or the letter ends.
CREATE FUNCTION boon_code.fail_letter(p_id text, p_by text, p_error text, p_answered boolean, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  l boon.letters;
BEGIN
  UPDATE boon.letters x SET held_by = NULL, held_until = NULL, unanswered = x.unanswered - CASE WHEN p_answered THEN 1 ELSE 0 END
    WHERE x.id = p_id AND x.status = 'due' AND x.held_by = p_by RETURNING * INTO l;
  IF l.unanswered = 2 THEN
    PERFORM boon_code.end_letter(p_id, 'unanswered', p_at);
  ELSIF l.id IS NOT NULL THEN
    PERFORM boon_code.put_aside(d.what, d.item, p_error, p_at) FROM boon_code.letter_duty(l) d;
  END IF;
  RETURN (SELECT x.status FROM boon.letters x WHERE x.id = p_id);
END $$;
