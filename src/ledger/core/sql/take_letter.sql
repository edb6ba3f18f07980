-- Takes a letter for one try: `taken`, or why not: how it has ended, or `held` with the moment until which somebody else tries it.
-- The first try makes the row. Of two tries that nobody answered the second was the last. Asked twice by one name, it is one try.
CREATE FUNCTION boon_code.take_letter(p_kind text, p_subject text, p_which text, p_by text, p_at timestamptz, OUT status text, OUT until timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
  l boon.letters;
BEGIN
  INSERT INTO boon.letters (id, kind, subject, which, due_at)
    VALUES (concat_ws('/', p_kind, p_subject, nullif(p_which, '')), p_kind, p_subject, p_which, p_at) ON CONFLICT (id) DO NOTHING;
  SELECT * INTO STRICT l FROM boon.letters x WHERE x.id = concat_ws('/', p_kind, p_subject, nullif(p_which, '')) FOR UPDATE;
  IF l.status <> 'due' THEN
    status := l.status;
  ELSIF l.held_by = p_by THEN
    status := 'taken';
  ELSIF l.held_until > p_at THEN
    status := 'held';
    until := l.held_until;
  ELSIF l.unanswered = 2 OR l.due_at + boon_code.letter_day() <= p_at THEN
    status := CASE l.unanswered WHEN 2 THEN 'unanswered' ELSE 'given_up' END;
    PERFORM boon_code.end_letter(l.id, status, p_at);
  ELSE
    status := 'taken';
    UPDATE boon.letters x SET tries = x.tries + 1, tried_at = p_at, held_by = p_by, held_until = p_at + interval '1 minute',
      unanswered = x.unanswered + 1 WHERE x.id = l.id;
  END IF;
END $$;
