-- Has the next run try what is stuck, once under its idempotency key: {item} or {code, detail}.
CREATE FUNCTION boon_code.retry_stuck_item(p jsonb) RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  s boon.stuck_items;
  at constant timestamptz := p ->> 'at';
BEGIN
  i := 0;
  result := boon_code.recorded_answer(p ->> 'key', p ->> 'input_hash');
  replayed := result IS NOT NULL;
  IF replayed THEN
    RETURN NEXT; RETURN;
  END IF;
  UPDATE boon.stuck_items x SET next_try_at = least(x.next_try_at, at) WHERE x.id = p ->> 'id' RETURNING * INTO s;
  result := CASE WHEN s.id IS NULL THEN jsonb_build_object('code', 'not_found', 'detail', format('Nothing with the id "%s" is stuck.', p ->> 'id'))
                 ELSE jsonb_build_object('item', boon_code.stuck_item_view(s)) END;
  PERFORM boon_code.keep_answer(p ->> 'key', p ->> 'input_hash', result, at);
  RETURN NEXT;
END $$;
