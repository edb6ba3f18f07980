-- Gifts as readers see them, written with the posting. The ledger is the state machine; the workflow `gift` is
-- its durable clock.
CREATE TYPE boon.gift_status AS ENUM (
  'awaiting_claim', 'pending', 'held', 'settled', 'canceled', 'expired', 'rejected', 'reversed');
CREATE TYPE boon.gift_holder AS ENUM ('operator', 'freeze', 'screening');
CREATE TYPE boon.gift_releaser AS ENUM ('operator', 'unfreeze', 'time');

CREATE TABLE boon.gifts (
  id text COLLATE "C" PRIMARY KEY,
  status boon.gift_status NOT NULL,
  sender_id text COLLATE "C" NOT NULL,
  recipient_id text COLLATE "C",
  -- Who pays: the sender, or boon:promotional.
  payer_id text COLLATE "C" NOT NULL,
  amount bigint NOT NULL,
  -- Instead of credits: the banked reset that is given.
  reset_id bigint,
  message text,
  policy_version text NOT NULL,
  -- The pending transfer that holds the credits; none for a reset.
  transfer bigint,
  accepted_at timestamptz NOT NULL,
  -- The UTC day (and so the month) to whose limits it counts: that of its acceptance, or a later one that another
  -- clock had already begun for the sender.
  counted_on date NOT NULL,
  settles_at timestamptz NOT NULL,
  claim_expires_at timestamptz,
  claimed_at timestamptz,
  settled_at timestamptz,
  ended_at timestamptz,
  -- While held: since when, until when, by whom ('operator', 'freeze', 'screening') and out of which status.
  held_at timestamptz,
  hold_ends_at timestamptz,
  held_by boon.gift_holder,
  held_from boon.gift_status,
  -- How the last hold ended: an operator's release overrules screening, a hold that ran out does not.
  released_by boon.gift_releaser,
  reason_code text,
  reason text,
  operated_by text,
  recovered bigint,
  -- For a gift by e-mail: the address (encrypted, and a keyed digest) and the claim token (digest to check it
  -- by; encrypted, so that the mail can be sent again; both gone once it is used).
  email_sealed bytea,
  email_index bytea,
  token_hash bytea,
  token_sealed bytea,
  -- When time changes it next; null once it has ended.
  deadline timestamptz GENERATED ALWAYS AS (
    CASE status WHEN 'pending' THEN settles_at WHEN 'awaiting_claim' THEN claim_expires_at
                WHEN 'held' THEN hold_ends_at END) STORED,
  CONSTRAINT gift_is_sound CHECK (
    CASE WHEN reset_id IS NULL THEN amount > 0 AND transfer IS NOT NULL ELSE amount = 0 AND transfer IS NULL END
    AND recipient_id IS DISTINCT FROM sender_id
    AND CASE WHEN recipient_id IS NULL THEN email_index IS NOT NULL AND status NOT IN ('pending', 'settled', 'reversed') ELSE true END
    AND (status IN ('settled', 'reversed')) = (settled_at IS NOT NULL)
    AND (status IN ('awaiting_claim', 'pending', 'held')) = (deadline IS NOT NULL)
    AND CASE WHEN status = 'held' THEN num_nulls(hold_ends_at, held_at, held_by, held_from) = 0 ELSE hold_ends_at IS NULL END
    AND CASE WHEN status = 'reversed' THEN recovered IS NOT NULL AND recovered >= 0 AND recovered <= amount ELSE recovered IS NULL END)
) WITH (fillfactor = 85);
CREATE INDEX gifts_sent ON boon.gifts (sender_id, accepted_at, id);
CREATE INDEX gifts_received ON boon.gifts (recipient_id, accepted_at, id);
CREATE INDEX gifts_open ON boon.gifts (deadline, id) WHERE deadline IS NOT NULL;

-- What a sender has given in the current UTC day and month: the limits' counters, changed with the gift.
-- A gift that ends without settling gives its place back in the day and month to which it was counted.
CREATE TABLE boon.gift_usage (
  account_id text COLLATE "C" PRIMARY KEY,
  day date NOT NULL,
  day_count bigint NOT NULL,
  day_amount bigint NOT NULL,
  month date NOT NULL,
  month_count bigint NOT NULL,
  month_amount bigint NOT NULL,
  promotional_count bigint NOT NULL,
  promotional_amount bigint NOT NULL,
  CONSTRAINT usage_not_below_zero CHECK (
    least(day_count, day_amount, month_count, month_amount, promotional_count, promotional_amount) >= 0)
) WITH (fillfactor = 70);

-- A gift as JSON, amounts as decimal strings: what readers and recorded answers show.
CREATE FUNCTION boon.gift_view(g boon.gifts) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', g.id, 'status', g.status, 'from', g.sender_id, 'to', g.recipient_id,
    'by_email', g.email_index IS NOT NULL, 'amount', boon.credits(g.amount),
    'funding', CASE g.payer_id WHEN 'boon:promotional' THEN 'promotional' ELSE 'transfer' END,
    'message', g.message, 'policy_version', g.policy_version, 'created_at', g.accepted_at,
    'settles_at', g.settles_at, 'claim_expires_at', g.claim_expires_at, 'hold_ends_at', g.hold_ends_at,
    'settled_at', g.settled_at, 'reason_code', g.reason_code, 'reason', g.reason, 'deadline', g.deadline,
    'reversal', CASE WHEN g.recovered IS NOT NULL THEN jsonb_build_object(
      'recovered', boon.credits(g.recovered), 'unrecovered', boon.credits(g.amount - g.recovered)) END)
    || CASE WHEN g.reset_id IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('reset_id', g.reset_id::text) END
$$;

CREATE FUNCTION boon.emit_gift_event(g boon.gifts, p_type text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  VALUES (p_type, g.id, array_remove(ARRAY[g.sender_id, g.recipient_id], NULL), boon.gift_view(g), p_at)
$$;

-- The four totals of every account: the stored three, and what open gifts will bring.
CREATE VIEW boon.account_totals AS
  SELECT a.id, a.debits_pending, a.debits_posted, a.credits_posted,
         coalesce((SELECT sum(g.amount) FROM boon.gifts g
                   WHERE g.recipient_id = a.id AND g.deadline IS NOT NULL), 0)::bigint AS credits_pending
  FROM boon.ledger_accounts a;
