-- What lists of grants, of referrals by program and status, and of invoices of all organisations are read by.

-- Only transfers that grant stand in it: no gift or use pays for it.
CREATE INDEX grants_by_account ON boon.transfers (credit_account, seq) WHERE kind = 'grant';

CREATE INDEX referrals_by_time ON boon.referrals (invited_at, id);
CREATE INDEX referrals_by_status ON boon.referrals (status, invited_at, id);
CREATE INDEX referrals_by_program_and_status ON boon.referrals (program, status, invited_at, id);

CREATE INDEX invoices_by_month ON boon.invoices (month DESC, org_id);
CREATE INDEX invoices_by_status ON boon.invoices (status, month DESC, org_id);
