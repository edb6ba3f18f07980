-- Whether an item waits for its next try.
CREATE FUNCTION boon_code.is_aside(p_what text, p_item text, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (SELECT FROM boon.stuck_items s WHERE s.what = p_what AND s.item = p_item AND s.next_try_at > p_at);
