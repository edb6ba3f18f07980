-- A use that is reported late takes credits out of lots that have let them go since: these are taken back out of their expiry
-- first, one transfer a lot. The caller has locked the account, and the transfers against sealing.
CREATE FUNCTION boon_code.take_back_let_go(p boon_code.purse, p_product text, p_at timestamptz, p_granted_by timestamptz, p_amount bigint,
  OUT balance bigint, OUT transfers boon.transfers[], OUT entries boon.entries[]) LANGUAGE plpgsql AS $$
DECLARE
  missing bigint := p_amount;
  lot int := 1;
  taken bigint;
  number bigint;
BEGIN
  balance := p.balance;
  WHILE missing > 0 LOOP
    IF boon_code.may_pay(p, lot, p_product, p_at, p_granted_by) THEN
      taken := least(missing, p.lot_left[lot]);
      missing := missing - taken;
      IF p.lot_let_go[lot] THEN
        number := nextval('boon.transfers_seq_seq');
        balance := balance + taken;
        transfers := transfers || (number, 'posted', 'expiry', 'boon:expired', p.payer_id, taken, NULL, p.lot_ids[lot]::text, p.lot_expires[lot],
          transaction_timestamp())::boon.transfers;
        entries := entries || (number, 1, p.payer_id, p.lot_ids[lot], 'expired', taken, balance, p.lot_ids[lot]::text, p.lot_expires[lot])::boon.entries;
      END IF;
    END IF;
    lot := lot + 1;
  END LOOP;
END $$;
