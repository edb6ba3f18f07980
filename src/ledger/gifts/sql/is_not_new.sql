-- Whether the recipient is one whom the policy keeps gifts from, since it takes only new accounts that have been given none.
CREATE FUNCTION boon_code.is_not_new(p boon.policies, f boon_code.gift_parties) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT p.recipient_must_be_new AND f.recipient_id IS NOT NULL AND (f.has_received OR (f.recipient).created_at + p.new_within <= f.at)
$$;
