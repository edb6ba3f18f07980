-- Why an account cannot become what is asked for: {path, message}; null when it can. What a change does not touch is not
-- judged: rows of earlier versions may be otherwise. The caller has locked the account, and the organisation it joins.
CREATE FUNCTION boon_code.account_refused(before boon.accounts, after boon.accounts, p jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  org boon.accounts;
  member text;
BEGIN
  IF after.billing <> 'pool' AND NOT (after.kind = 'organisation' AND after.plan IN ('business', 'enterprise', 'edu')) THEN
    RETURN jsonb_build_object('path', 'billing', 'message', 'must be pool: only an organisation on Business, Enterprise or Edu is invoiced');
  END IF;
  IF p ->> 'org_id' IS NOT NULL THEN
    IF after.org_id = after.id THEN
      RETURN jsonb_build_object('path', 'org_id', 'message', 'must be another account: none is its own organisation');
    END IF;
    SELECT * INTO org FROM boon.accounts x WHERE x.id = after.org_id;
    IF org.id IS NULL OR org.kind <> 'organisation' THEN
      RETURN jsonb_build_object('path', 'org_id', 'message', CASE WHEN org.id IS NULL THEN format('must be an organisation: there is no account "%s"', after.org_id)
        ELSE format('must be an organisation: "%s" is a person', after.org_id) END);
    END IF;
  END IF;
  IF after.kind = 'organisation' AND after.org_id IS NOT NULL AND (p ->> 'org_id' IS NOT NULL OR before.kind = 'person') THEN
    RETURN jsonb_build_object('path', CASE WHEN p ->> 'org_id' IS NOT NULL THEN 'org_id' ELSE 'kind' END,
      'message', format('must be %s: an organisation belongs to no other', CASE WHEN p ->> 'org_id' IS NOT NULL THEN 'null' ELSE 'person' END));
  END IF;
  IF before.kind = 'organisation' AND after.kind = 'person' THEN
    SELECT x.id INTO member FROM boon.accounts x WHERE x.org_id = after.id AND x.id <> after.id ORDER BY x.id LIMIT 1;
    IF FOUND THEN
      RETURN jsonb_build_object('path', 'kind', 'message', format('must be organisation: "%s" belongs to it', member));
    END IF;
  END IF;
  RETURN NULL;
END $$;
