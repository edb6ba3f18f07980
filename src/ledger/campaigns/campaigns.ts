/** What the ledger offers for campaigns: the TypeScript side of `create_campaign`, `run_campaign_page` and so on. */

import type { CampaignAccount, CampaignBody } from '../../contracts/campaigns/campaign.schema.ts';
import type { Campaign, CampaignActionRequest } from '../../contracts/campaigns/campaign.ts';
import { BoonError } from '../../contracts/errors.ts';
import { COMPLIMENTARY_CAMPAIGN, EXCLUSIONS, type Exclusion } from '../../domain/campaign.ts';
import type { AccountId, CampaignId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { decodeCursor, GIFT_ID, INSTANT } from '../postgres/cursor.ts';
import { type Database, persist, queryRow, queryRows } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import { toPage } from '../postgres/page.ts';
import type { Recorded, Write } from '../postgres/recorded.ts';
import { inputHash, microOf, recordOne } from '../postgres/recorded.ts';
import { instant, instantOrNull } from '../postgres/rows.ts';

export type CampaignRequest = Write & CampaignBody & { id: CampaignId; by?: string | undefined };

/** No method reads a clock; refusals are BoonErrors. */
export interface Campaigns {
  /** Writes the campaign down; nobody is granted anything before {@link runCampaignPage}. */
  createCampaign(request: CampaignRequest): Promise<Recorded<Campaign>>;
  /**
   * Does the next `limit` accounts of a running campaign, in one transaction, and answers how it stands then. One that
   * does not run is left as it is. After a crash the next call goes on behind the last page that was done.
   */
  runCampaignPage(campaignId: CampaignId, limit: number, at: Instant): Promise<Campaign>;
  /** Pauses, resumes or cancels; what is so already stays so. One that was canceled can be resumed. @throws `campaign_ended` */
  actOnCampaign(request: CampaignActionRequest): Promise<Recorded<Campaign>>;
  findCampaign(campaignId: CampaignId): Promise<Campaign>;
  /** The latest first. */
  listCampaigns(page: PageRequest): Promise<Page<Campaign>>;
  /** Ids of those that have not ended. */
  openCampaigns(): Promise<CampaignId[]>;
  /** What it did for an account, and why not more. @throws `not_found` for either */
  campaignAccount(campaignId: CampaignId, accountId: AccountId): Promise<CampaignAccount>;
  /** Where its counts, its rows and what it made do not agree: one text a fault. */
  campaignFaults(campaignId: CampaignId): Promise<string[]>;
  /**
   * Makes the campaign of complimentary resets what the policy in use says. Answers its id; undefined when the policy
   * names no plans and there never was one.
   */
  keepComplimentaryCampaign(at: Instant): Promise<CampaignId | undefined>;
}

export function makeCampaigns(database: Database, policyVersion: () => string): Campaigns {
  async function record(name: string, request: Write & { input_hash: string }): Promise<Recorded<Campaign>> {
    const { value, replayed } = await recordOne<{ campaign: Campaign }>(database, name, request);
    return { value: toCampaign(value.campaign), replayed };
  }

  async function one(name: string, text: string, values: unknown[], id: CampaignId): Promise<Campaign> {
    const row = await queryRow<{ campaign: Campaign | null }>(database, name, text, values);
    if (row?.campaign == null) throw new BoonError('not_found', `There is no campaign "${id}".`);
    return toCampaign(row.campaign);
  }

  return {
    createCampaign: (request) => record('create_campaign', toRow(request, policyVersion())),
    runCampaignPage: (id, limit, at) =>
      one(
        'run_campaign_page',
        'SELECT boon_code.run_campaign_page($1, $2, $3) AS campaign',
        [id, limit, at],
        id,
      ),
    actOnCampaign: ({ key, at, ...asked }) =>
      record('act_on_campaign', { key, at, input_hash: inputHash(asked), ...asked }),
    findCampaign: (id) =>
      one(
        'find_campaign',
        'SELECT boon_code.campaign_view(c) AS campaign FROM boon.campaigns c WHERE id = $1',
        [id],
        id,
      ),
    listCampaigns: (page) => listCampaigns(database, page),
    async openCampaigns() {
      const rows = await queryRows<{ id: CampaignId }>(
        database,
        'open_campaigns',
        `SELECT id FROM boon.campaigns WHERE status NOT IN ('completed', 'canceled') ORDER BY id`,
        [],
      );
      return rows.map((row) => row.id);
    },
    campaignAccount: (campaignId, accountId) => campaignAccount(database, campaignId, accountId),
    campaignFaults: (id) => campaignFaults(database, id),
    async keepComplimentaryCampaign(at) {
      const row = await queryRow<{ id: CampaignId | null }>(
        database,
        'keep_complimentary_campaign',
        'SELECT boon_code.keep_complimentary_campaign($1, $2, $3, $4) AS id',
        [
          COMPLIMENTARY_CAMPAIGN,
          policyVersion(),
          'One complimentary reset for each account of these plans',
          at,
        ],
      );
      return row?.id ?? undefined;
    },
  };
}

/** The row of `boon.campaigns` that a request asks for, with the key and digest of the write. */
function toRow(
  { key, at, id, by, ...asked }: CampaignRequest,
  policyVersion: string,
): Write & { input_hash: string } & Record<string, unknown> {
  const { kind, filter, reason } = asked;
  const row = { key, at, input_hash: inputHash(asked), id, kind, ...filter, reason, created_by: by };
  const ongoing = asked.kind !== 'reset_windows' && asked.ongoing === true;
  const common = { ...row, ongoing, policy_version: policyVersion, created_at: at };
  switch (asked.kind) {
    case 'grant_reset':
      return { ...common, resets: asked.resets ?? 1, reset_source: 'campaign' };
    case 'grant_credits': {
      const { amount, source = 'promotional', expires_at, valid_for, giftable = false } = asked;
      refuseExpired(expires_at ?? null, at);
      return { ...common, amount: microOf(amount).toString(), source, expires_at, valid_for, giftable };
    }
    case 'reset_windows':
      return common;
  }
}

function refuseExpired(expiresAt: Instant | null, at: Instant): void {
  if (expiresAt === null || expiresAt > at) return;
  throw new BoonError('validation_failed', 'The credits would already have expired.', {
    errors: [{ path: 'expires_at', message: 'must be later than now' }],
  });
}

const LIST = `
  SELECT boon_code.campaign_view(c) AS campaign, c.id, c.created_at FROM boon.campaigns c
  WHERE $1::timestamptz IS NULL OR (c.created_at, c.id) < ($1, $2)
  ORDER BY c.created_at DESC, c.id DESC LIMIT $3`;

async function listCampaigns(database: Database, page: PageRequest): Promise<Page<Campaign>> {
  const [at, id] = page.cursor === undefined ? [null, null] : decodeCursor(page.cursor, [INSTANT, GIFT_ID]);
  const rows = await queryRows<{ campaign: Campaign; id: CampaignId; created_at: Date }>(
    database,
    'list_campaigns',
    LIST,
    [at, id, page.limit + 1],
  );
  return toPage(
    rows,
    page.limit,
    (row) => [instant(row.created_at), row.id],
    (row) => toCampaign(row.campaign),
  );
}

/** Goes through every row of the campaign, which may take longer than a statement of a request. */
async function campaignFaults(database: Database, id: CampaignId): Promise<string[]> {
  return await persist(async () => {
    const client = await database.connect();
    let done = false;
    try {
      await client.query('BEGIN READ ONLY');
      await client.query('SET LOCAL statement_timeout = 0');
      const { rows } = await client.query<{ fault: string }>(
        'SELECT boon_code.campaign_faults($1) AS fault',
        [id],
      );
      await client.query('COMMIT');
      done = true;
      return rows.map((row) => row.fault);
    } finally {
      // A fault leaves the transaction open: such a connection is not used again.
      client.release(!done);
    }
  });
}

type OutcomeRow = Omit<CampaignAccount, 'detail'>;

async function campaignAccount(
  database: Database,
  campaignId: CampaignId,
  accountId: AccountId,
): Promise<CampaignAccount> {
  const row = await queryRow<{ known: boolean; campaign: boolean; outcome: OutcomeRow | null }>(
    database,
    'campaign_account',
    `SELECT EXISTS (SELECT FROM boon.accounts WHERE id = $2) AS known, EXISTS (SELECT FROM boon.campaigns WHERE id = $1) AS campaign,
       boon_code.campaign_outcome_of($1, $2) AS outcome`,
    [campaignId, accountId],
  );
  if (row?.campaign !== true) throw new BoonError('not_found', `There is no campaign "${campaignId}".`);
  if (row.outcome === null) throw new BoonError('not_found', `There is no account "${accountId}".`);
  const { outcome, reason } = row.outcome;
  return { ...row.outcome, at: instantOrNull(row.outcome.at), detail: detailOf(outcome, reason) };
}

function detailOf(outcome: CampaignAccount['outcome'], reason: CampaignAccount['reason']): string {
  if (outcome === 'granted') return 'The account got what the campaign gives.';
  if (reason === 'created_later') return 'The account was created after the campaign had begun.';
  if (outcome === 'excluded') return EXCLUSIONS[reason as Exclusion];
  if (reason === 'paused') return 'The campaign has not come to this account yet; it is paused.';
  if (reason === 'canceled') return 'The campaign was canceled before it came to this account.';
  return 'The campaign has not come to this account yet.';
}

function toCampaign(view: Campaign): Campaign {
  return {
    ...view,
    expires_at: instantOrNull(view.expires_at),
    created_at: instant(view.created_at),
    ended_at: instantOrNull(view.ended_at),
  };
}
