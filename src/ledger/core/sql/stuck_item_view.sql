CREATE FUNCTION boon_code.stuck_item_view(s boon.stuck_items) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_build_object('id', s.id, 'what', s.what, 'item', s.item, 'since', s.since, 'tried_at', s.tried_at, 'tries', s.tries,
  'last_error', s.last_error, 'next_try_at', s.next_try_at);
