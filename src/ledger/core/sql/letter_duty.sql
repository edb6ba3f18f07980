-- The duty that tries a letter again, and how it calls it: reminders have their own.
CREATE FUNCTION boon_code.letter_duty(l boon.letters, OUT what text, OUT item text) LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE l.kind WHEN 'reset_reminder' THEN 'reset_reminders' WHEN 'credit_reminder' THEN 'credit_reminders' ELSE 'letters' END,
    CASE WHEN l.kind IN ('reset_reminder', 'credit_reminder') THEN l.subject || '/' || l.which ELSE l.id END
$$;
