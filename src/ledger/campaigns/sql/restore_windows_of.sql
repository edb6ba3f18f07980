-- Restores the open windows of accounts as a redemption does: the 5-hour window begins anew, the weekly one where the
-- policy moves its date, and none before it opened by another server's clock. What was used before stays countable for uses
-- that are reported late. For an account it takes place no sooner than what it restores counts from: that may have been restored by
-- a call that got through while this one waited.
CREATE FUNCTION boon_code.restore_windows_of(c boon.campaigns, p_accounts text[], p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  WITH ended AS (
    INSERT INTO boon.past_windows SELECT (boon_code.past_window(w, p_at)).* FROM unnest(p_accounts) AS u (id) JOIN boon.usage_windows w ON w.account_id = u.id
  ), restored AS (
    UPDATE boon.usage_windows w SET used = 0, restored_by = NULL, since = nextval('boon.usage_seq'), counts_from = greatest(p_at, boon_code.counts_from(w)),
      started_at = CASE WHEN w.started_at + boon_code.window_length(w.kind) > p_at AND (w.kind = 'five_hour' OR r.moves_weekly_date)
        THEN greatest(p_at, w.started_at) ELSE w.started_at END
    FROM unnest(p_accounts) AS u (id), boon.reset_rules r WHERE w.account_id = u.id AND r.version = c.policy_version
  )
  INSERT INTO boon.events (type, subject, accounts, data, effective_at)
  SELECT 'windows.restored', c.id, ARRAY[u.id], jsonb_build_object('campaign', c.id, 'reason', c.reason),
    greatest(p_at, (SELECT max(boon_code.counts_from(w)) FROM boon.usage_windows w WHERE w.account_id = u.id))
  FROM unnest(p_accounts) AS u (id)
$$;
