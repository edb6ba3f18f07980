-- Logins and prompts: one narrow row an account, updated in place. It holds what two questions need: when was the
-- account last active before a link was used, and which prompts came after it.

-- Logins fall into sessions: one that comes more than a day after the last begins a new one. So a login through a link
-- hides none before it, however many follow, as long as the link's grace is not longer than a day.
CREATE TYPE boon.logins AS (last_at timestamptz, session_at timestamptz, before_session_at timestamptz);

CREATE TABLE boon.account_activity (
  account_id text COLLATE "C" PRIMARY KEY,
  logins boon.logins,
  -- What the account's owner said by `last_active_at`; treated as logins.
  said boon.logins,
  -- The latest prompts, the oldest first: a digest of each id, and its time. What falls out leaves its time behind.
  prompts bigint[] NOT NULL DEFAULT '{}',
  prompted_at timestamptz[] NOT NULL DEFAULT '{}',
  prompts_before_at timestamptz
) WITH (fillfactor = 70);

CREATE TYPE boon.activity_kind AS ENUM ('login', 'prompt');
CREATE TYPE boon.activity AS (i int, digest bigint, account_id text, kind boon.activity_kind, at timestamptz);

-- Logins with one more; they may come in any order.
CREATE FUNCTION boon.note_login(l boon.logins, p_at timestamptz) RETURNS boon.logins LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF l.last_at IS NULL THEN
    RETURN (p_at, p_at, NULL)::boon.logins;
  ELSIF p_at > l.last_at THEN
    IF p_at > l.last_at + interval '24 hours' THEN
      RETURN (p_at, p_at, l.last_at)::boon.logins;
    END IF;
    l.last_at := p_at;
  ELSIF p_at < l.session_at THEN
    IF p_at >= l.session_at - interval '24 hours' THEN
      l.session_at := p_at;
    ELSE
      l.before_session_at := greatest(l.before_session_at, p_at);
    END IF;
  END IF;
  RETURN l;
END $$;

-- A list of an account's latest 16 prompts with one more in its place, which their times tell.
CREATE FUNCTION boon.with_prompt(p_list anyarray, p_new anyelement, p_times timestamptz[], p_at timestamptz) RETURNS anyarray LANGUAGE sql IMMUTABLE AS $$
  SELECT (p_list[:earlier.n] || p_new || p_list[earlier.n + 1:])[cardinality(p_list) - 14:]
  FROM (SELECT count(*)::int AS n FROM unnest(p_times) t WHERE t <= p_at) earlier
$$;

-- Adds events to the rows of their accounts, one event of each account in a statement: the first locks all the rows, in their
-- order. Each prompt counts once; of more than 16 the latest are kept. Answers the accounts that have a row. There is no join for
-- the planner to turn around: plans are kept, and may be made while the table is empty.
CREATE FUNCTION boon.note_activity(p_events boon.activity[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  turn record;
  noted text[];
BEGIN
  FOR turn IN
    SELECT array_agg(x.account_id) AS accounts, array_agg(x.event) AS events
    FROM (SELECT y.account_id, y AS event, row_number() OVER (PARTITION BY y.account_id ORDER BY y.i) AS n FROM unnest(p_events) y) x
    GROUP BY x.n ORDER BY x.n
  LOOP
    WITH noting AS (
      UPDATE boon.account_activity a SET (logins, prompts, prompted_at, prompts_before_at) = (
        SELECT
          CASE (e).kind WHEN 'login' THEN boon.note_login(a.logins, (e).at) ELSE a.logins END,
          CASE WHEN known THEN a.prompts
            WHEN (e).at >= ALL (a.prompted_at) THEN a.prompts[cardinality(a.prompts) - 14:] || (e).digest
            ELSE boon.with_prompt(a.prompts, (e).digest, a.prompted_at, (e).at) END,
          CASE WHEN known THEN a.prompted_at
            WHEN (e).at >= ALL (a.prompted_at) THEN a.prompted_at[cardinality(a.prompts) - 14:] || (e).at
            ELSE boon.with_prompt(a.prompted_at, (e).at, a.prompted_at, (e).at) END,
          CASE WHEN known OR cardinality(a.prompts) < 16 THEN a.prompts_before_at
            ELSE greatest(a.prompts_before_at, least((e).at, a.prompted_at[1])) END
        FROM (SELECT turn.events[array_position(turn.accounts, a.account_id)] AS e OFFSET 0) x
        CROSS JOIN LATERAL (SELECT (e).kind = 'login' OR (e).digest = ANY (a.prompts) AS known OFFSET 0) y)
      WHERE a.account_id = ANY (turn.accounts) RETURNING a.account_id)
    SELECT coalesce(noted, array_agg(n.account_id)) INTO noted FROM noting n;
  END LOOP;
  RETURN coalesce(noted, '{}');
END $$;

-- The last login before a link was used that is not taken for the one through the link; null when none is known.
CREATE FUNCTION boon.last_login_before(l boon.logins, p_link_at timestamptz, p_grace interval) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN l.last_at < p_link_at - p_grace THEN l.last_at
    -- The session spans the moment at which the grace begins: its logins are a day apart at most.
    WHEN l.session_at < p_link_at - p_grace THEN greatest(l.session_at, p_link_at - p_grace - interval '24 hours')
    WHEN l.before_session_at < p_link_at - p_grace THEN l.before_session_at END
$$;

-- An account's last activity before it used a link; one that was never active counts from its creation. Here, and
-- only here, what the account's owner said and what was recorded come together.
CREATE FUNCTION boon.last_activity_before(a boon.accounts, b boon.account_activity, p_link_at timestamptz, p_grace interval)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT coalesce(greatest(
    boon.last_login_before(b.said, p_link_at, p_grace),
    boon.last_login_before(b.logins, p_link_at, p_grace),
    (SELECT max(t) FROM unnest(b.prompted_at) t WHERE t < p_link_at),
    CASE WHEN b.prompts_before_at < p_link_at THEN b.prompts_before_at END), a.created_at)
$$;

-- What an account's owner says of its last activity. Later than before, it adds to it; earlier, it corrects it.
CREATE FUNCTION boon.say_last_active(p_account text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO boon.account_activity AS x (account_id, said) VALUES (p_account, CASE WHEN p_at IS NOT NULL THEN boon.note_login(NULL, p_at) END)
  ON CONFLICT (account_id) DO UPDATE SET said = CASE
    WHEN p_at < (x.said).last_at THEN boon.note_login(NULL, p_at)
    WHEN p_at IS NOT NULL THEN boon.note_login(x.said, p_at) END
$$;

-- Counts a prompt towards a joined referral that the caller has locked, if it came after the link and in time. Null
-- when nothing changed.
CREATE FUNCTION boon.count_prompt(r boon.referrals, p_digest bigint, p_at timestamptz) RETURNS boon.referrals LANGUAGE plpgsql AS $$
BEGIN
  IF r.status <> 'joined' OR p_at < r.joined_at OR p_at >= r.expires_at THEN RETURN NULL; END IF;
  INSERT INTO boon.referral_prompts VALUES (r.id, p_digest, p_at) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN NULL; END IF;
  UPDATE boon.referrals SET prompts_seen = r.prompts_seen + 1,
    status = CASE WHEN r.prompts_seen + 1 = r.prompts_required THEN 'qualified'::boon.referral_status ELSE 'joined' END,
    qualified_at = CASE WHEN r.prompts_seen + 1 = r.prompts_required THEN
      (SELECT max(p.prompted_at) FROM boon.referral_prompts p WHERE p.referral_id = r.id) END
    WHERE id = r.id RETURNING * INTO r;
  IF r.status = 'qualified' THEN
    PERFORM boon.emit_referral_event(r, 'referral.qualified', r.qualified_at);
  END IF;
  RETURN r;
END $$;

-- Takes an array of logins and prompts. Answers only what somebody must hear of, by its `i`: an account that is not
-- known, or a referral that this very event changed. Rows are locked in the order of accounts, then referrals.
CREATE FUNCTION boon.record_activity(p_events json) RETURNS TABLE (i int, referral jsonb) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  events boon.activity[] := ARRAY(SELECT e FROM json_populate_recordset(NULL::boon.activity, p_events) e);
  rest boon.activity[] := events;
  accounts text[];
  noted text[];
  e record;
  r boon.referrals;
  rules boon.program_rules;
BEGIN
  LOOP
    accounts := ARRAY(SELECT DISTINCT x.account_id FROM unnest(rest) x);
    EXIT WHEN accounts = '{}';
    -- An account's row is made with its first activity, before any is locked.
    IF (SELECT count(*) FROM boon.account_activity a WHERE a.account_id = ANY (accounts)) < cardinality(accounts) THEN
      INSERT INTO boon.account_activity (account_id) SELECT a.id FROM boon.accounts a WHERE a.id = ANY (accounts) ORDER BY a.id ON CONFLICT DO NOTHING;
      RETURN QUERY SELECT x.i, NULL::jsonb FROM unnest(rest) x WHERE NOT EXISTS (SELECT FROM boon.accounts a WHERE a.id = x.account_id);
      rest := ARRAY(SELECT x FROM unnest(rest) x WHERE EXISTS (SELECT FROM boon.accounts a WHERE a.id = x.account_id));
    END IF;
    noted := boon.note_activity(rest);
    EXIT WHEN cardinality(noted) = cardinality(accounts);
    -- A link that was not used after all may just have taken away the row that it had made.
    rest := ARRAY(SELECT x FROM unnest(rest) x WHERE x.account_id <> ALL (noted));
  END LOOP;

  FOR e IN
    SELECT x.*, y.id AS referral_id FROM unnest(events) x
    CROSS JOIN LATERAL (SELECT z.id FROM boon.referrals z WHERE z.friend_id = x.account_id AND z.status = 'joined' OFFSET 0) y
    ORDER BY y.id, x.i
  LOOP
    SELECT * INTO r FROM boon.referrals x WHERE x.id = e.referral_id AND x.status = 'joined' FOR UPDATE;
    CONTINUE WHEN NOT FOUND;
    rules := boon.rules_of(r);
    IF e.at >= r.joined_at THEN
      CONTINUE WHEN e.kind = 'login';
      r := boon.count_prompt(r, e.digest, e.at);
    ELSIF NOT r.friend_is_new AND (e.kind = 'prompt' OR e.at < r.joined_at - rules.login_grace) AND e.at + rules.dormancy >= r.joined_at THEN
      r := boon.end_referral(r, 'refused', r.joined_at, 'already_active',
        format('It turned out that the friend was active before the link was used; only one who has been away for more than %s counts.',
               boon.duration_text(rules.dormancy)), NULL, NULL);
    ELSE
      CONTINUE;
    END IF;
    IF r.id IS NOT NULL THEN
      i := e.i; referral := boon.referral_view(r);
      RETURN NEXT;
    END IF;
  END LOOP;
END $$;
