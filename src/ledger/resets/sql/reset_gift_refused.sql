-- Why a sender may not give this reset to this recipient, in the order in which accept_gifts looks: {code, reason_code,
-- detail}, or null.
CREATE FUNCTION boon_code.reset_gift_refused(p boon.policies, q boon_code.reset_gift_request, used boon.gift_usage) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  s boon.accounts;
  t boon.accounts;
  r boon.resets;
  code text;
  reason text;
  detail text;
BEGIN
  SELECT * INTO s FROM boon.accounts x WHERE x.id = q.sender_id;
  SELECT * INTO t FROM boon.accounts x WHERE x.id = q.recipient_id;
  SELECT * INTO r FROM boon.resets x WHERE x.id = q.reset_id AND x.account_id = q.sender_id;
  IF s.id IS NULL THEN
    code := 'not_found'; detail := format('There is no account "%s" to give from.', q.sender_id);
  ELSIF q.sender_id = q.recipient_id OR decode(q.email_index, 'hex') = s.email_index THEN
    code := 'self_gift'; detail := 'Sender and recipient are the same.';
  ELSIF s.status <> 'active' THEN
    code := 'account_frozen'; reason := s.status; detail := format('The sender''s account is %s.', s.status);
  ELSIF p.identity_required AND (s.identity_verified_at IS NULL OR s.identity_verified_at > q.at) THEN
    code := 'identity_unverified'; detail := 'The sender has not verified their identity.';
  ELSIF s.created_at + p.min_account_age > greatest(q.at, s.created_at) THEN
    code := 'gift_denied'; reason := 'account_too_new';
    detail := format('The sender''s account must be %s old: it may give from %s.', boon_code.duration_text(p.min_account_age),
                     boon_code.instant_text(s.created_at + p.min_account_age));
  ELSIF q.recipient_id IS NOT NULL AND t.id IS NULL THEN
    code := 'recipient_ineligible'; reason := 'unknown_account'; detail := format('There is no account "%s" to give to.', q.recipient_id);
  ELSIF t.status <> 'active' THEN
    code := 'recipient_ineligible'; reason := 'recipient_unavailable'; detail := 'The recipient''s account does not take gifts now.';
  ELSIF p.recipient_must_be_new AND t.id IS NOT NULL AND (t.created_at + p.new_within <= q.at OR EXISTS (
      SELECT FROM boon.gifts g WHERE g.recipient_id = t.id AND g.status NOT IN ('canceled', 'expired', 'rejected'))) THEN
    code := 'recipient_ineligible'; reason := 'recipient_not_new'; detail := 'Gifts go to new accounts that have not been given one yet.';
  ELSIF boon_code.limit_reached(p, used, q.sender_id, 0) IS NOT NULL THEN
    code := 'gift_limit_exceeded'; reason := boon_code.limit_reached(p, used, q.sender_id, 0); detail := boon_code.limit_detail(p, used, reason);
  ELSIF r.id IS NULL OR r.status <> 'available' OR r.expires_at <= q.at THEN
    code := 'not_giftable'; reason := 'reset_unavailable'; detail := format('The sender has no reset "%s" to give.', q.reset_id);
  ELSIF NOT p.regift AND boon_code.reset_was_given(r) THEN
    code := 'not_giftable'; reason := 'reset_gifted'; detail := 'A reset that was given stays with its owner.';
  ELSIF r.expires_at <= q.at + p.settlement THEN
    code := 'not_giftable'; reason := 'reset_expires'; detail := format('The reset expires at %s, before the gift would settle.', boon_code.instant_text(r.expires_at));
  END IF;
  RETURN CASE WHEN code IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object('code', code, 'reason_code', reason, 'detail', detail)) END;
END $$;
