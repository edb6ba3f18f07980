-- Money as people read it. The same as `priceText` in src/domain/money.ts, whose table of decimals is the provider's; a test
-- compares the two.
CREATE FUNCTION boon_code.money(p_amount bigint, p_currency text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  code constant text := lower(p_currency);
  digits constant int := CASE
    WHEN code = ANY ('{bif,clp,djf,gnf,jpy,kmf,krw,mga,pyg,rwf,vnd,vuv,xaf,xof,xpf}') THEN 0
    WHEN code = ANY ('{bhd,jod,kwd,omr,tnd}') THEN 3 ELSE 2 END;
  number text := lpad(abs(p_amount)::text, greatest(digits + 1, length(abs(p_amount)::text)), '0');
  part text := right(number, digits);
BEGIN
  IF digits = 0 THEN part := ''; END IF;
  number := left(number, length(number) - digits);
  RETURN CASE WHEN p_amount < 0 THEN '-' ELSE '' END || number
    || CASE WHEN digits = 0 OR (code IN ('isk', 'ugx') AND part = '00') THEN '' ELSE '.' || part END || ' ' || upper(p_currency);
END $$;
