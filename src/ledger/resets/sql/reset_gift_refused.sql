-- Why a sender may not give this reset of theirs (null: they have none of that id) to this recipient; null where they may.
CREATE FUNCTION boon_code.reset_gift_refused(p boon.policies, f boon_code.gift_parties, used boon.gift_usage, r boon.resets, p_reset_id bigint)
RETURNS boon_code.gift_refusal LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    boon_code.gift_refused(p, f),
    boon_code.limit_refused(p, used, f.sender_id, 0),
    boon_code.refuse_gift(r.id IS NULL OR r.status <> 'available' OR r.expires_at <= f.at,
      'not_giftable', 'reset_unavailable', format('The sender has no reset "%s" to give.', p_reset_id)),
    boon_code.refuse_gift(NOT p.regift AND boon_code.reset_was_given(r),
      'not_giftable', 'reset_gifted', 'A reset that was given stays with its owner.'),
    boon_code.refuse_gift(r.expires_at <= f.at + p.settlement,
      'not_giftable', 'reset_expires', format('The reset expires at %s, before the gift would settle.', boon_code.instant_text(r.expires_at))))
$$;
