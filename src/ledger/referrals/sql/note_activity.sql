-- Adds events to the rows of their accounts, one event of each account in a statement: the first locks all the rows, in their
-- order. Each prompt counts once; of more than 16 the latest are kept. Answers the accounts that have a row. There is no join for
-- the planner to turn around: plans are kept, and may be made while the table is empty.
CREATE FUNCTION boon_code.note_activity(p_events boon_code.activity[]) RETURNS text[] LANGUAGE plpgsql AS $$
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
          CASE (e).kind WHEN 'login' THEN boon_code.note_login(a.logins, (e).at) ELSE a.logins END,
          CASE WHEN known THEN a.prompts
            WHEN (e).at >= ALL (a.prompted_at) THEN a.prompts[cardinality(a.prompts) - 14:] || (e).digest
            ELSE boon_code.with_prompt(a.prompts, (e).digest, a.prompted_at, (e).at) END,
          CASE WHEN known THEN a.prompted_at
            WHEN (e).at >= ALL (a.prompted_at) THEN a.prompted_at[cardinality(a.prompts) - 14:] || (e).at
            ELSE boon_code.with_prompt(a.prompted_at, (e).at, a.prompted_at, (e).at) END,
          CASE WHEN known OR cardinality(a.prompts) < 16 THEN a.prompts_before_at
            ELSE greatest(a.prompts_before_at, least((e).at, a.prompted_at[1])) END
        FROM (SELECT turn.events[array_position(turn.accounts, a.account_id)] AS e OFFSET 0) x
        CROSS JOIN LATERAL (SELECT (e).kind = 'login' OR (e).digest = ANY (a.prompts) AS known OFFSET 0) y)
      WHERE a.account_id = ANY (turn.accounts) RETURNING a.account_id)
    SELECT coalesce(noted, array_agg(n.account_id)) INTO noted FROM noting n;
  END LOOP;
  RETURN coalesce(noted, '{}');
END $$;
