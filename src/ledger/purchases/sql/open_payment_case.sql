-- Opens a case, once for each key: one that waited is opened, and one that is open for lack of another message is reported again. Any
-- other stays as it is. Returns it. The caller has locked the account, or the invoice.
CREATE FUNCTION boon_code.open_payment_case(c boon.payment_cases) RETURNS boon.payment_cases LANGUAGE plpgsql AS $$
DECLARE
  known boon.payment_cases;
BEGIN
  SELECT * INTO known FROM boon.payment_cases x WHERE x.key = c.key FOR UPDATE;
  IF known.status = 'closed' OR (known.status = 'open' AND (c.status = 'waiting' OR known.reason NOT IN ('checkout_unknown', 'unconfirmed')))
    OR (known.status, known.reason) = (c.status, c.reason) THEN
    RETURN known;
  END IF;
  c.id := 'cas_' || left(encode(sha256(convert_to(c.key, 'UTF8')), 'hex'), 24);
  c.opened_at := coalesce(known.opened_at, c.opened_at);
  INSERT INTO boon.payment_cases SELECT c.*
    ON CONFLICT (id) DO UPDATE SET status = excluded.status, reason = excluded.reason, said = excluded.said, wanted = excluded.wanted;
  IF c.status = 'open' THEN PERFORM boon_code.note_payment_case(c, CASE known.status WHEN 'open' THEN 'changed' ELSE 'opened' END, (c.said ->> 'at')::timestamptz); END IF;
  RETURN c;
END $$;
