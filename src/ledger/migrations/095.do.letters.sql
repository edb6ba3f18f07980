-- Letters: one row for each mail that Boon sends, by what it tells of. A letter that was sent is not sent again, whoever asks
-- for it. No address stands here: it is read from its owner's row at each try.

CREATE TABLE boon.letters (
  -- kind/subject, and /which where there are several of one subject.
  id text COLLATE "C" PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('claim', 'invitation', 'reward', 'purchase', 'top_up_unpaid', 'refund', 'invoice', 'reset_reminder', 'credit_reminder')),
  -- The id of what it tells of: a gift, a referral, a purchase, a lot.
  subject text COLLATE "C" NOT NULL,
  -- Which one: to whom of two, how often it was mailed before, how long ahead.
  which text NOT NULL DEFAULT '',
  -- Since when; it is tried for a day from then on.
  due_at timestamptz NOT NULL,
  tries int NOT NULL DEFAULT 0,
  tried_at timestamptz,
  -- Somebody tries it just now, by this name, and nobody else does until then.
  held_by text,
  held_until timestamptz,
  -- Tries of which nobody knows what came: the worker died, or the mail server took the text and did not answer.
  unanswered int NOT NULL DEFAULT 0,
  -- `refused`: by the mail server, for good. `given_up`: its day is over. `unanswered`: it may have arrived, twice.
  status text NOT NULL DEFAULT 'due' CHECK (status IN ('due', 'sent', 'refused', 'not_needed', 'given_up', 'unanswered')),
  ended_at timestamptz,
  CONSTRAINT letter_is_sound CHECK (
    id = concat_ws('/', kind, subject, nullif(which, '')) AND (status = 'due') = (ended_at IS NULL) AND (tries > 0) = (tried_at IS NOT NULL)
    AND unanswered BETWEEN 0 AND least(tries, 2) AND (held_by IS NULL) = (held_until IS NULL) AND (held_until IS NULL OR (status = 'due' AND unanswered > 0))
    AND (status NOT IN ('sent', 'refused') OR tries > 0) AND (status <> 'unanswered' OR unanswered = 2))
) WITH (fillfactor = 85);
CREATE INDEX letters_due ON boon.letters (tries, due_at, id) WHERE status = 'due';

-- What became of a letter stays.
CREATE TRIGGER refuse_change BEFORE DELETE OR TRUNCATE ON boon.letters FOR EACH STATEMENT EXECUTE FUNCTION boon.refuse_change();
CREATE TRIGGER keep_ended BEFORE UPDATE ON boon.letters FOR EACH ROW
  WHEN (OLD.status <> 'due' OR (NEW.id, NEW.due_at) IS DISTINCT FROM (OLD.id, OLD.due_at)) EXECUTE FUNCTION boon.refuse_change();

CREATE FUNCTION boon.letter_day() RETURNS interval LANGUAGE sql IMMUTABLE RETURN interval '1 day';

-- The duty that tries a letter again, and how it calls it: reminders have their own.
CREATE FUNCTION boon.letter_duty(l boon.letters, OUT what text, OUT item text) LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE l.kind WHEN 'reset_reminder' THEN 'reset_reminders' WHEN 'credit_reminder' THEN 'credit_reminders' ELSE 'letters' END,
    CASE WHEN l.kind IN ('reset_reminder', 'credit_reminder') THEN l.subject || '/' || l.which ELSE l.id END
$$;

-- Ends a letter that is due; none that has ended.
CREATE FUNCTION boon.end_letter(p_id text, p_status text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  l boon.letters;
BEGIN
  UPDATE boon.letters x SET status = p_status, ended_at = p_at, held_by = NULL, held_until = NULL,
    unanswered = CASE p_status WHEN 'sent' THEN 0 ELSE x.unanswered END
    WHERE x.id = p_id AND x.status = 'due' RETURNING * INTO l;
  IF FOUND THEN
    DELETE FROM boon.stuck_items s USING boon.letter_duty(l) d WHERE s.what = d.what AND s.item = d.item;
  END IF;
END $$;

-- Takes a letter for one try: `taken`, or why not: how it has ended, or `held` with the moment until which somebody else tries it.
-- The first try makes the row. Of two tries that nobody answered the second was the last. Asked twice by one name, it is one try.
CREATE FUNCTION boon.take_letter(p_kind text, p_subject text, p_which text, p_by text, p_at timestamptz, OUT status text, OUT until timestamptz)
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
  ELSIF l.unanswered = 2 OR l.due_at + boon.letter_day() <= p_at THEN
    status := CASE l.unanswered WHEN 2 THEN 'unanswered' ELSE 'given_up' END;
    PERFORM boon.end_letter(l.id, status, p_at);
  ELSE
    status := 'taken';
    UPDATE boon.letters x SET tries = x.tries + 1, tried_at = p_at, held_by = p_by, held_until = p_at + interval '1 minute',
      unanswered = x.unanswered + 1 WHERE x.id = l.id;
  END IF;
END $$;

-- Notes that a try failed, which puts the letter aside for the sweep. p_answered: the mail server has not got it. Where it may
-- have got it, that was the first such try, or the letter ends.
CREATE FUNCTION boon.fail_letter(p_id text, p_by text, p_error text, p_answered boolean, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  l boon.letters;
BEGIN
  UPDATE boon.letters x SET held_by = NULL, held_until = NULL, unanswered = x.unanswered - CASE WHEN p_answered THEN 1 ELSE 0 END
    WHERE x.id = p_id AND x.status = 'due' AND x.held_by = p_by RETURNING * INTO l;
  IF l.unanswered = 2 THEN
    PERFORM boon.end_letter(p_id, 'unanswered', p_at);
  ELSIF l.id IS NOT NULL THEN
    PERFORM boon.put_aside(d.what, d.item, p_error, p_at) FROM boon.letter_duty(l) d;
  END IF;
  RETURN (SELECT x.status FROM boon.letters x WHERE x.id = p_id);
END $$;

-- Letters to try at p_at, but for reminders: those that were tried least come first, so that no mailbox is in others' way.
CREATE FUNCTION boon.due_letters(p_at timestamptz, p_limit int) RETURNS TABLE (kind text, subject text, which text) LANGUAGE sql STABLE AS $$
  SELECT l.kind, l.subject, l.which FROM boon.letters l
  WHERE l.status = 'due' AND l.kind NOT IN ('reset_reminder', 'credit_reminder') AND (l.held_until IS NULL OR l.held_until <= p_at)
    AND NOT boon.is_aside('letters', l.id, p_at)
  ORDER BY l.tries, l.due_at, l.id LIMIT p_limit
$$;

-- Gives up the letters whose day is over. Answers how many.
CREATE FUNCTION boon.give_up_letters(p_at timestamptz) RETURNS bigint LANGUAGE sql AS $$
  SELECT count(boon.end_letter(l.id, CASE l.unanswered WHEN 2 THEN 'unanswered' ELSE 'given_up' END, p_at)) FROM (
    SELECT x.id, x.unanswered FROM boon.letters x
    WHERE x.status = 'due' AND x.due_at + boon.letter_day() <= p_at AND (x.held_until IS NULL OR x.held_until <= p_at)
    ORDER BY x.id FOR UPDATE) l
$$;

-- What an earlier version has told of, or tried to, is not told of again: only what came after this moment is looked for.
CREATE TABLE boon.letters_since (since timestamptz NOT NULL);
INSERT INTO boon.letters_since SELECT greatest('-infinity',
  (SELECT max(p.paid_at) FROM boon.purchases p), (SELECT max(p.ended_at) FROM boon.purchases p),
  (SELECT max(r.ended_at) FROM boon.refunds r), (SELECT max(w.given_at) FROM boon.referral_rewards w));
SELECT boon.make_append_only('boon.letters_since');

CREATE INDEX referral_rewards_given_at ON boon.referral_rewards (given_at);
CREATE INDEX refunds_succeeded_at ON boon.refunds (ended_at) WHERE status = 'succeeded';
CREATE INDEX top_ups_unpaid_at ON boon.purchases (ended_at) WHERE kind = 'top_up' AND status IN ('expired', 'failed');

-- Has letters be due that no process has begun within ten minutes: it is gone, or was never there. Answers how many.
CREATE FUNCTION boon.collect_letters(p_at timestamptz) RETURNS bigint LANGUAGE sql AS $$
  WITH news AS (
    SELECT 'reward' AS kind, w.referral_id AS subject, w.recipient::text AS which, w.account_id, w.given_at AS at FROM boon.referral_rewards w
      WHERE w.given_at > p_at - boon.letter_day() AND w.given_at <= p_at - interval '10 minutes'
    UNION ALL
    SELECT 'purchase', p.id, '', p.account_id, p.paid_at FROM boon.purchases p
      WHERE p.paid_at > p_at - boon.letter_day() AND p.paid_at <= p_at - interval '10 minutes'
    UNION ALL
    SELECT 'top_up_unpaid', p.id, '', p.account_id, p.ended_at FROM boon.purchases p
      WHERE p.kind = 'top_up' AND p.status IN ('expired', 'failed') AND p.ended_at > p_at - boon.letter_day() AND p.ended_at <= p_at - interval '10 minutes'
    UNION ALL
    SELECT 'refund', r.id, '', p.account_id, r.ended_at FROM boon.refunds r JOIN boon.purchases p ON p.id = r.purchase_id
      WHERE r.status = 'succeeded' AND r.ended_at > p_at - boon.letter_day() AND r.ended_at <= p_at - interval '10 minutes'
  ), made AS (
    INSERT INTO boon.letters (id, kind, subject, which, due_at)
    SELECT concat_ws('/', n.kind, n.subject, nullif(n.which, '')), n.kind, n.subject, n.which, p_at FROM news n
    JOIN boon.accounts a ON a.id = n.account_id AND a.email_sealed IS NOT NULL
    WHERE n.at > (SELECT max(s.since) FROM boon.letters_since s)
    ORDER BY 1 ON CONFLICT (id) DO NOTHING RETURNING 1
  )
  SELECT count(*) FROM made
$$;
