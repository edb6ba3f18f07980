-- An account has few resets; without this every list of them would read everybody's.
CREATE INDEX resets_by_account ON boon.resets (account_id, id);
