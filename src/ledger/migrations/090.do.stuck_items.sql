-- Stuck items: what a duty of the schedules could not do. Each is put aside with its last error and tried again later, so
-- that it is in the way of nothing else. Working state and no record: a row goes when its item is done.
CREATE TABLE boon.stuck_items (
  what text NOT NULL,
  -- The id of what it is about, or * for the whole duty.
  item text NOT NULL,
  id text NOT NULL GENERATED ALWAYS AS ('stk_' || left(md5(what || '/' || item), 24)) STORED,
  since timestamptz NOT NULL,
  tried_at timestamptz NOT NULL,
  tries int NOT NULL CHECK (tries > 0),
  last_error text NOT NULL,
  next_try_at timestamptz NOT NULL,
  PRIMARY KEY (what, item),
  CHECK (since <= tried_at)
);
CREATE UNIQUE INDEX stuck_items_id ON boon.stuck_items (id);
CREATE INDEX stuck_items_since ON boon.stuck_items (since, id);

-- How long an item waits after so many tries: a minute, doubled each time, at most an hour.
CREATE FUNCTION boon.stuck_pause(p_tries int) RETURNS interval LANGUAGE sql IMMUTABLE
RETURN least(interval '1 minute' * 2 ^ (least(p_tries, 7) - 1), interval '1 hour');

-- Puts an item aside that failed at p_at. Told of twice, one try counts once. The whole duty (*) is tried at each run.
CREATE FUNCTION boon.put_aside(p_what text, p_item text, p_error text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.stuck_items AS s (what, item, since, tried_at, tries, last_error, next_try_at)
  VALUES (p_what, p_item, p_at, p_at, 1, p_error, CASE p_item WHEN '*' THEN p_at ELSE p_at + boon.stuck_pause(1) END)
  ON CONFLICT (what, item) DO UPDATE SET tried_at = p_at, tries = s.tries + 1, last_error = p_error,
    next_try_at = CASE p_item WHEN '*' THEN p_at ELSE p_at + boon.stuck_pause(s.tries + 1) END
  WHERE s.tried_at < p_at
$$;

-- Whether an item waits for its next try.
CREATE FUNCTION boon.is_aside(p_what text, p_item text, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (SELECT FROM boon.stuck_items s WHERE s.what = p_what AND s.item = p_item AND s.next_try_at > p_at);

CREATE FUNCTION boon.stuck_item_view(s boon.stuck_items) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_build_object('id', s.id, 'what', s.what, 'item', s.item, 'since', s.since, 'tried_at', s.tried_at, 'tries', s.tries,
  'last_error', s.last_error, 'next_try_at', s.next_try_at);
