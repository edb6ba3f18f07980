-- Money as people read it. The same as `priceText` in src/domain/money.ts, whose table of decimals is the provider's; a test
-- compares the two.
CREATE FUNCTION boon.money(p_amount bigint, p_currency text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
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

-- Refusals told sums as numbers of coins: "160 usd" for 1.60 USD. The functions stay as they are but for these words.
DO $$
DECLARE
  f record;
  text_now text;
BEGIN
  FOR f IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'boon'::regnamespace AND p.prokind = 'f' AND p.proname <> 'money'
    AND p.prosrc ~ '%s %s|smallest coin' LOOP
    text_now := pg_get_functiondef(f.oid);
    text_now := replace(text_now, '''Of its money %s %s are left to refund.'', left_over, p.currency', '''Of its money %s are left to refund.'', boon.money(left_over, p.currency)');
    text_now := replace(text_now, '''Part of what was bought is spent: %s %s can go back for the rest.'', unspent, p.currency',
      '''Part of what was bought is spent: %s can go back for the rest.'', boon.money(unspent, p.currency)');
    text_now := replace(text_now, '''must be at least the package''''s price, %s %s'', wanted.price, wanted.currency',
      '''must be at least the package''''s price, %s'', boon.money(wanted.price, wanted.currency)');
    text_now := regexp_replace(text_now, '''Of the invoice %s are open, in %s’s smallest coin\.'',\s*v\.amount - v\.credited_amount, upper\(v\.currency\)',
      '''Of the invoice %s are open.'', boon.money(v.amount - v.credited_amount, v.currency)');
    EXECUTE text_now;
  END LOOP;
END $$;

-- Nothing is sold for nothing. Policies that stand there are left alone.
ALTER TABLE boon.package_rules ADD CONSTRAINT price_above_zero CHECK (price > 0) NOT VALID;
