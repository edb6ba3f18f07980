-- What happened to a top-up acts on the consent: a charge that failed pauses it, which is told; money that went back ends it.
CREATE FUNCTION boon_code.heed_top_up(p boon.purchases, p_said text, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  until timestamptz;
BEGIN
  IF p.kind <> 'top_up' THEN RETURN; END IF;
  IF p_said IN ('failed', 'expired') THEN
    until := p_at + (SELECT x.top_up_pause FROM boon.purchase_rules x WHERE x.version = p.policy_version);
    UPDATE boon.top_ups t SET paused_until = until, told = 'paused ' || extract(epoch FROM until)::bigint WHERE t.account_id = p.account_id;
    IF FOUND THEN
      INSERT INTO boon.events (type, subject, accounts, data, effective_at)
        VALUES ('top_up.paused', p.account_id, ARRAY[p.account_id], jsonb_build_object('reason', 'paused', 'until', until, 'purchase_id', p.id), p_at);
    END IF;
  ELSIF p_said IN ('refunded', 'disputed') THEN
    PERFORM boon_code.end_top_up(p.account_id, 'boon', 'a top-up was ' || p_said, p_at);
  END IF;
END $$;
