/** For tests of `verify`: a campaign of each kind of grant, and the ways in which their rows can be wrong. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import { createCampaign, runToItsEnd } from './campaigns.ts';

/** Over all accounts, at a moment after everything else. */
export async function makeCampaignScene(ledger: Ledger, at: string): Promise<void> {
  await createCampaign(ledger, { id: 'resets', at, resets: 2 });
  await createCampaign(ledger, { id: 'credits', at, kind: 'grant_credits', amount: '3' });
  for (const id of ['resets', 'credits']) await runToItsEnd(ledger, id, { at });
}

const COUNTED = 'campaigns count their accounts';
const EACH = 'a campaign that went through everybody granted or excluded each';
const BANKED = 'campaigns banked the resets that they granted';
const VALID = 'what a campaign banked is valid as long as its policy says';
const MOVED = 'campaigns moved the credits that they granted';
const row = (campaign: string) => `campaign_id = '${campaign}' AND account_id = 'ann'`;

/** Each: the invariant that must notice, what was done, and how. */
export const CAMPAIGN_DAMAGES: [string, string, string][] = [
  [COUNTED, 'an outcome that is gone', `DELETE FROM boon.campaign_accounts WHERE ${row('resets')}`],
  [COUNTED, 'another outcome', `UPDATE boon.campaign_accounts SET outcome = 'frozen' WHERE ${row('resets')}`],
  [COUNTED, 'a tally that is gone', `DELETE FROM boon.campaign_tallies WHERE campaign_id = 'resets'`],
  [COUNTED, 'another tally', `UPDATE boon.campaign_tallies SET accounts = accounts + 1`],
  [
    EACH,
    'an account that was passed over',
    `UPDATE boon.campaigns SET matched = matched + 1 WHERE id = 'resets'`,
  ],
  [
    EACH,
    'a campaign ended too soon',
    `INSERT INTO boon.campaigns (id, kind, status, ongoing, reason, policy_version, created_at, ended_at, last_account, matched)
     SELECT 'early', 'reset_windows', 'completed', false, '', policy_version, created_at, created_at, 3, 3 FROM boon.campaigns WHERE id = 'resets'`,
  ],
  [
    VALID,
    'a reset of another validity',
    `UPDATE boon.resets SET expires_at = expires_at + interval '1 day' WHERE id = (SELECT min(id) FROM boon.resets WHERE program = 'resets')`,
  ],
  [
    BANKED,
    'a reset that is gone',
    `DELETE FROM boon.resets WHERE id = (SELECT min(id) FROM boon.resets WHERE program = 'resets')`,
  ],
  [
    BANKED,
    'a reset too many',
    `INSERT INTO boon.resets (account_id, status, source, program, reference, policy_version, granted_at, expires_at)
     SELECT account_id, status, source, program, reference, policy_version, granted_at, expires_at FROM boon.resets WHERE program = 'resets' LIMIT 1`,
  ],
  [
    BANKED,
    'resets of a campaign that there never was',
    `UPDATE boon.resets SET program = 'nothing' WHERE program = 'resets'`,
  ],
  [MOVED, 'another transfer', `UPDATE boon.campaign_accounts SET transfer = 1 WHERE ${row('credits')}`],
  [
    MOVED,
    'one transfer for two accounts',
    `UPDATE boon.campaign_accounts SET transfer = (SELECT transfer FROM boon.campaign_accounts WHERE ${row('credits')}) WHERE campaign_id = 'credits'`,
  ],
  [MOVED, 'another amount', `UPDATE boon.campaigns SET amount = amount + 1 WHERE id = 'credits'`],
];
