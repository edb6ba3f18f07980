-- Purchases: what was asked to be bought, whether it was paid, and what came of the payment.

-- `open` waits for the payment; `expired` and `failed` were not paid (a late payment still counts); `refunded` is one
-- whose money has gone back in full.
CREATE TYPE boon.purchase_status AS ENUM ('open', 'paid', 'expired', 'failed', 'refunded');
-- `checkout`: somebody pays on the provider's page. `top_up`: the stored card is charged, by the owner's consent.
CREATE TYPE boon.purchase_kind AS ENUM ('checkout', 'top_up');

CREATE TABLE boon.purchases (
  id text COLLATE "C" PRIMARY KEY,
  account_id text COLLATE "C" NOT NULL,
  kind boon.purchase_kind NOT NULL,
  status boon.purchase_status NOT NULL,
  package text NOT NULL,
  -- What it brings, and its price in the currency's smallest unit.
  credits bigint NOT NULL,
  resets int NOT NULL,
  price bigint NOT NULL,
  currency text NOT NULL,
  policy_version text NOT NULL,
  save_card boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  -- The provider's page, and the provider's ids of it and of the payment.
  checkout_id text,
  checkout_url text,
  payment_id text,
  paid_at timestamptz,
  ended_at timestamptz,
  reason_code text,
  lot_id bigint,
  -- What was paid, the most that the provider said refunds have given back of it, and of that what was not asked for by
  -- Boon (in the currency's smallest unit).
  paid bigint,
  refunded bigint NOT NULL DEFAULT 0,
  elsewhere bigint NOT NULL DEFAULT 0,
  -- What the account lost again for money that went back: taken out of the lot, owed because it was spent, or let go
  -- because it had expired unspent; and resets.
  taken bigint NOT NULL DEFAULT 0,
  owed bigint NOT NULL DEFAULT 0,
  let_go bigint NOT NULL DEFAULT 0,
  resets_taken int NOT NULL DEFAULT 0,
  resets_kept int NOT NULL DEFAULT 0,
  -- The billing month whose cap a top-up counts against.
  month date,
  CONSTRAINT purchase_is_sound CHECK (
    price > 0 AND (credits > 0) <> (resets > 0) AND elsewhere >= 0 AND elsewhere <= refunded AND taken >= 0 AND owed >= 0 AND let_go >= 0
    AND taken + owed + let_go <= credits AND resets_taken >= 0 AND resets_kept >= 0 AND resets_taken + resets_kept <= resets
    AND (status IN ('paid', 'refunded')) = (paid_at IS NOT NULL) AND (kind = 'top_up') = (month IS NOT NULL))
) WITH (fillfactor = 85);
CREATE INDEX purchases_by_account ON boon.purchases (account_id, created_at, id);
-- For the reminders of expiring credits.
CREATE UNIQUE INDEX purchases_by_lot ON boon.purchases (lot_id) WHERE lot_id IS NOT NULL;
CREATE INDEX purchases_open ON boon.purchases (created_at, id) WHERE status = 'open';
CREATE UNIQUE INDEX purchases_by_payment ON boon.purchases (payment_id) WHERE payment_id IS NOT NULL;
-- One top-up at a time.
CREATE UNIQUE INDEX one_open_top_up ON boon.purchases (account_id) WHERE status = 'open' AND kind = 'top_up';

CREATE TYPE boon.purchase_movement AS ENUM (
  'created', 'checkout_made', 'paid', 'expired', 'failed', 'refunded', 'disputed', 'dispute_won', 'dispute_lost');

-- What happened to purchases, one row a step; `event` is the provider's id of the message that told it.
CREATE TABLE boon.purchase_movements (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  purchase_id text COLLATE "C" NOT NULL,
  kind boon.purchase_movement NOT NULL,
  -- In the currency's smallest unit: the price, what was paid, what has gone back in all, what is disputed.
  amount bigint NOT NULL,
  event text,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp()
);
CREATE INDEX purchase_movements_by_purchase ON boon.purchase_movements (purchase_id, seq);
CREATE UNIQUE INDEX purchase_paid_once ON boon.purchase_movements (purchase_id) WHERE kind = 'paid';
SELECT boon.make_append_only('boon.purchase_movements');

-- `open` and `lost` have taken the money away, `won` has brought it back.
CREATE TYPE boon.dispute_status AS ENUM ('open', 'won', 'lost');

CREATE TABLE boon.disputes (
  id text COLLATE "C" PRIMARY KEY,
  purchase_id text COLLATE "C" NOT NULL,
  amount bigint NOT NULL,
  status boon.dispute_status NOT NULL,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz
);
CREATE INDEX disputes_by_purchase ON boon.disputes (purchase_id);

-- `pending`: accepted here, its money on its way; `failed`: the provider would not, or the money came back.
CREATE TYPE boon.refund_status AS ENUM ('pending', 'succeeded', 'failed');

-- Refunds that Boon was asked for. Until it fails one counts as money that goes back, from its first moment on.
CREATE TABLE boon.refunds (
  id text COLLATE "C" PRIMARY KEY,
  purchase_id text COLLATE "C" NOT NULL,
  status boon.refund_status NOT NULL,
  amount bigint NOT NULL,
  reason text NOT NULL,
  asked_by text NOT NULL,
  -- What the account lost by it when it was accepted; given back when it fails.
  taken bigint NOT NULL DEFAULT 0,
  owed bigint NOT NULL DEFAULT 0,
  resets_taken int NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  -- The provider's id of it, once the provider has it.
  provider_id text,
  ended_at timestamptz,
  reason_code text,
  CONSTRAINT refund_is_sound CHECK (amount > 0 AND taken >= 0 AND owed >= 0 AND resets_taken >= 0
    AND (status = 'pending') = (ended_at IS NULL) AND (status = 'failed') = (reason_code IS NOT NULL))
) WITH (fillfactor = 85);
CREATE INDEX refunds_by_purchase ON boon.refunds (purchase_id, created_at, id);
CREATE INDEX refunds_pending ON boon.refunds (created_at, id) WHERE status = 'pending';

CREATE TYPE boon.refund_movement AS ENUM ('requested', 'made', 'succeeded', 'failed');

-- What happened to refunds, one row a step; `made`: the provider has it, and the bank has not answered yet.
CREATE TABLE boon.refund_movements (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  refund_id text COLLATE "C" NOT NULL,
  kind boon.refund_movement NOT NULL,
  amount bigint NOT NULL,
  event text,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp()
);
CREATE UNIQUE INDEX refund_moved_once ON boon.refund_movements (refund_id, kind);
SELECT boon.make_append_only('boon.refund_movements');

-- The provider's customer of an account, once a payment left a card that may be charged again.
CREATE TABLE boon.payment_customers (
  account_id text COLLATE "C" PRIMARY KEY,
  customer_id text NOT NULL,
  updated_at timestamptz NOT NULL
);

-- What refunds have given back of a purchase's money, what they are about to, and what disputes hold.
CREATE FUNCTION boon.money_refunded(p boon.purchases) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT p.elsewhere + coalesce((SELECT sum(r.amount) FROM boon.refunds r WHERE r.purchase_id = p.id AND r.status = 'succeeded'), 0)::bigint
$$;
CREATE FUNCTION boon.money_refunding(p boon.purchases) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT sum(r.amount) FROM boon.refunds r WHERE r.purchase_id = p.id AND r.status = 'pending'), 0)::bigint
$$;
CREATE FUNCTION boon.money_disputed(p boon.purchases) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT sum(d.amount) FROM boon.disputes d WHERE d.purchase_id = p.id AND d.status <> 'won'), 0)::bigint
$$;

CREATE FUNCTION boon.refund_view(r boon.refunds) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', r.id, 'purchase_id', r.purchase_id, 'account_id', p.account_id, 'status', r.status, 'amount', r.amount, 'currency', p.currency,
    'reason', r.reason, 'taken_back', jsonb_build_object('credits', boon.credits(r.taken), 'resets', r.resets_taken), 'owed', boon.credits(r.owed),
    'created_at', r.created_at, 'ended_at', r.ended_at, 'reason_code', r.reason_code)
  FROM boon.purchases p WHERE p.id = r.purchase_id
$$;

CREATE FUNCTION boon.purchase_view(p boon.purchases) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', p.id, 'account_id', p.account_id, 'kind', p.kind, 'status', p.status, 'package', p.package,
    'credits', boon.credits(p.credits), 'resets', p.resets, 'price', jsonb_build_object('amount', p.price, 'currency', p.currency),
    'checkout', CASE WHEN p.checkout_id IS NOT NULL THEN jsonb_build_object('id', p.checkout_id, 'url', p.checkout_url) END,
    'save_card', p.save_card, 'created_at', p.created_at, 'expires_at', p.expires_at, 'paid_at', p.paid_at, 'ended_at', p.ended_at,
    'reason_code', p.reason_code, 'lot_id', p.lot_id::text, 'refunded', boon.money_refunded(p),
    'refunding', boon.money_refunding(p), 'disputed', boon.money_disputed(p),
    'refunds', coalesce((SELECT jsonb_agg(boon.refund_view(r) ORDER BY r.created_at, r.id) FROM boon.refunds r WHERE r.purchase_id = p.id), '[]'),
    'taken_back', jsonb_build_object('credits', boon.credits(p.taken), 'resets', p.resets_taken), 'owed', boon.credits(p.owed))
$$;

CREATE FUNCTION boon.note_purchase(p boon.purchases, p_kind boon.purchase_movement, p_amount bigint, p_event text, p_at timestamptz)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.purchase_movements (purchase_id, kind, amount, event, effective_at) VALUES (p.id, p_kind, p_amount, p_event, p_at);
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    VALUES ('purchase.' || p_kind, p.id, ARRAY[p.account_id], boon.purchase_view(p) - 'checkout', p_at);
$$;

CREATE TYPE boon.purchase_request AS (
  i int, key text, input_hash text, at timestamptz, id text, account_id text, package text, save_card boolean
);

-- Takes an array of purchases to be; answers each by its `i`: {purchase} or {code, detail, errors}.
CREATE FUNCTION boon.begin_purchases(p_policy text, p_requests json)
RETURNS TABLE (i int, replayed boolean, result jsonb) LANGUAGE plpgsql AS $$
DECLARE
  r boon.purchase_request;
  a boon.accounts;
  wanted boon.package_rules;
  rules boon.purchase_rules;
  p boon.purchases;
BEGIN
  SELECT * INTO STRICT rules FROM boon.purchase_rules x WHERE x.version = p_policy;
  FOR r IN SELECT * FROM json_populate_recordset(NULL::boon.purchase_request, p_requests) ORDER BY 1 LOOP
    i := r.i;
    result := boon.recorded_answer(r.key, r.input_hash);
    replayed := result IS NOT NULL;
    IF replayed THEN
      -- As it stands now, for its checkout may have been made since.
      IF result ? 'purchase' THEN
        result := jsonb_build_object('purchase', (SELECT boon.purchase_view(x) FROM boon.purchases x WHERE x.id = result #>> '{purchase,id}'));
      END IF;
      RETURN NEXT; CONTINUE;
    END IF;
    SELECT * INTO a FROM boon.accounts x WHERE x.id = r.account_id;
    SELECT * INTO wanted FROM boon.package_rules x WHERE x.version = p_policy AND x.package = r.package;
    IF a.id IS NULL THEN
      result := jsonb_build_object('code', 'not_found', 'detail', format('There is no account "%s".', r.account_id));
    ELSIF wanted.package IS NULL THEN
      result := jsonb_build_object('code', 'validation_failed', 'detail', format('There is no package "%s".', r.package),
        'errors', jsonb_build_array(jsonb_build_object('path', 'package', 'message', 'must be a package of the policy')));
    ELSIF wanted.resets > 0 AND a.kind <> 'person' THEN
      result := jsonb_build_object('code', 'validation_failed', 'detail', 'Only people have banked resets.',
        'errors', jsonb_build_array(jsonb_build_object('path', 'package', 'message', 'must be a package of credits for an organisation')));
    ELSIF a.status <> 'active' THEN
      result := jsonb_build_object('code', 'account_frozen', 'detail', format('The account is %s.', a.status));
    END IF;
    IF result IS NOT NULL THEN RETURN NEXT; CONTINUE; END IF;
    INSERT INTO boon.purchases (id, account_id, kind, status, package, credits, resets, price, currency, policy_version, save_card, created_at, expires_at)
      VALUES (r.id, a.id, 'checkout', 'open', wanted.package, wanted.credits, wanted.resets, wanted.price, wanted.currency, p_policy,
        coalesce(r.save_card, false), r.at, r.at + rules.checkout_valid_for) RETURNING * INTO p;
    PERFORM boon.note_purchase(p, 'created', p.price, NULL, r.at);
    result := jsonb_build_object('purchase', boon.purchase_view(p));
    INSERT INTO boon.idempotency_keys VALUES (r.key, decode(r.input_hash, 'hex'), result, r.at);
    RETURN NEXT;
  END LOOP;
END $$;

-- Remembers the provider's page, once. Returns the purchase; null when there is none.
CREATE FUNCTION boon.note_checkout(p_id text, p_checkout text, p_url text, p_at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  p boon.purchases;
BEGIN
  SELECT * INTO p FROM boon.purchases x WHERE x.id = p_id FOR UPDATE;
  IF p.checkout_id IS NULL THEN
    UPDATE boon.purchases x SET checkout_id = p_checkout, checkout_url = p_url WHERE x.id = p_id RETURNING * INTO p;
    IF NOT FOUND THEN RETURN NULL; END IF;
    PERFORM boon.note_purchase(p, 'checkout_made', p.price, NULL, p_at);
  END IF;
  RETURN boon.purchase_view(p);
END $$;
