-- Why these two may not give and be given, whatever it is; null where they may. What is given has rungs of its own:
-- `credits_gift_refused` and `reset_gift_refused` go on from here.
CREATE FUNCTION boon_code.gift_refused(p boon.policies, f boon_code.gift_parties) RETURNS boon_code.gift_refusal LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    boon_code.refuse_gift((f.sender).id IS NULL,
      'not_found', NULL, format('There is no account "%s" to give from.', f.sender_id)),
    boon_code.refuse_gift(f.sender_id = f.recipient_id OR f.email_index = (f.sender).email_index,
      'self_gift', NULL, 'Sender and recipient are the same.'),
    boon_code.refuse_gift((f.sender).status <> 'active',
      'account_frozen', (f.sender).status, format('The sender''s account is %s.', (f.sender).status)),
    boon_code.refuse_gift(boon_code.is_unverified(p, f.sender, f.at),
      'identity_unverified', NULL, 'The sender has not verified their identity.'),
    boon_code.refuse_gift(boon_code.is_too_new(p, f.sender, f.at),
      'gift_denied', 'account_too_new', format('The sender''s account must be %s old: it may give from %s.',
        boon_code.duration_text(p.min_account_age), boon_code.instant_text((f.sender).created_at + p.min_account_age))),
    boon_code.refuse_gift(f.recipient_id IS NOT NULL AND (f.recipient).id IS NULL,
      'recipient_ineligible', 'unknown_account', format('There is no account "%s" to give to.', f.recipient_id)),
    boon_code.refuse_gift((f.recipient).status <> 'active',
      'recipient_ineligible', 'recipient_unavailable', 'The recipient''s account does not take gifts now.'),
    boon_code.refuse_gift(boon_code.is_not_new(p, f),
      'recipient_ineligible', 'recipient_not_new', 'Gifts go to new accounts that have not been given one yet.'))
$$;
