-- A link used at p_link_at comes before others of its friend's that have not qualified: they lose the friend. Those by which the friend has
-- won its referrer, by a link used later, come to nothing likewise.
CREATE FUNCTION boon_code.take_friend(r boon.referrals, p_friend text, p_link_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  x boon.referrals;
BEGIN
  FOR x IN SELECT * FROM boon.referrals y WHERE y.friend_id = p_friend AND y.id <> r.id AND y.status IN ('joined', 'expired')
    AND y.joined_at > p_link_at ORDER BY y.id FOR UPDATE
  LOOP
    PERFORM boon_code.lose_friend(x);
  END LOOP;
  FOR x IN SELECT * FROM boon.referrals y WHERE y.friend_id = r.referrer_id AND y.referrer_id = p_friend AND y.status IN ('joined', 'expired')
    AND y.joined_at > p_link_at ORDER BY y.id FOR UPDATE
  LOOP
    PERFORM boon_code.end_referral(x, 'refused', x.joined_at, 'duplicate_referral', 'Referrer and friend have referred each other, which counts once.', NULL, NULL);
  END LOOP;
END $$;
