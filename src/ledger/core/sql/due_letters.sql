-- Letters to try at p_at, but for reminders: those that were tried least come first, so that no mailbox is in others' way.
CREATE FUNCTION boon_code.due_letters(p_at timestamptz, p_limit int) RETURNS TABLE (kind text, subject text, which text) LANGUAGE sql STABLE AS $$
  SELECT l.kind, l.subject, l.which FROM boon.letters l
  WHERE l.status = 'due' AND l.kind NOT IN ('reset_reminder', 'credit_reminder') AND (l.held_until IS NULL OR l.held_until <= p_at)
    AND NOT boon_code.is_aside('letters', l.id, p_at)
  ORDER BY l.tries, l.due_at, l.id LIMIT p_limit
$$;
