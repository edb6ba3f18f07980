-- Why this account may not claim the gift, in sentences for who claims; null where it may. The sender was judged when they gave.
CREATE FUNCTION boon_code.claim_refused(p boon.policies, f boon_code.gift_parties, p_amount bigint) RETURNS boon_code.gift_refusal
LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    boon_code.refuse_gift((f.recipient).id IS NULL,
      'not_found', NULL, format('There is no account "%s" to claim for.', f.recipient_id)),
    boon_code.refuse_gift(f.sender_id = f.recipient_id,
      'self_gift', NULL, 'A gift cannot be claimed by its sender.'),
    boon_code.refuse_gift((f.recipient).status <> 'active',
      'recipient_ineligible', 'recipient_unavailable', 'The account cannot receive gifts now.'),
    boon_code.refuse_gift(boon_code.lacks_room(f.recipient_id, p_amount),
      'recipient_ineligible', 'account_full',
      'The account cannot receive so many credits: it is close to the most that one account can receive. Claim with another.'),
    boon_code.refuse_gift(boon_code.is_not_new(p, f),
      'recipient_ineligible', 'recipient_not_new', 'Gifts go to new accounts that have not been given one yet.'))
$$;
