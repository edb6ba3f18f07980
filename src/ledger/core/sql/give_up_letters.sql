-- Gives up the letters whose day is over. Answers how many.
CREATE FUNCTION boon_code.give_up_letters(p_at timestamptz) RETURNS bigint LANGUAGE sql AS $$
  SELECT count(boon_code.end_letter(l.id, CASE l.unanswered WHEN 2 THEN 'unanswered' ELSE 'given_up' END, p_at)) FROM (
    SELECT x.id, x.unanswered FROM boon.letters x
    WHERE x.status = 'due' AND x.due_at + boon_code.letter_day() <= p_at AND (x.held_until IS NULL OR x.held_until <= p_at)
    ORDER BY x.id FOR UPDATE) l
$$;
