/** `boon campaign`: bulk grants and resets through the API. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Argument, type Command, Option } from 'commander';
import type { BoonClient } from '../../client/boon-client.ts';
import type { CampaignBody } from '../../contracts/campaigns/campaign.schema.ts';
import type { Campaign } from '../../contracts/campaigns/campaign.ts';
import { campaignSummary, progressLine } from '../../contracts/campaigns/campaign-card.ts';
import { PLANS } from '../../domain/account.ts';
import {
  CAMPAIGN_KINDS,
  type CampaignAction,
  type CampaignKind,
  EXCLUSIONS,
  type Exclusion,
} from '../../domain/campaign.ts';
import { LOT_SOURCES, type LotSource } from '../../domain/lot.ts';
import { apiClient } from '../api.ts';
import {
  answer,
  credits,
  given,
  keyOf,
  moment,
  newCommand,
  wholeNumber,
  withExamples,
  withKey,
} from '../command.ts';
import { more, type Paging, rowsOf, withPaging } from '../paging.ts';
import { type Block, fields, table, text } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const LOOK_EVERY_MS = 500;
const CAMPAIGN = 'cmp_06bq2n6y3v8k5s7r1x4z9m0c2d';

export function fillCampaign(campaign: Command, terminal: Terminal): void {
  withExamples(campaign, [
    'campaign run grant_reset --plan plus --plan pro --reason "outage of 31 October"',
    'campaign run grant_credits --amount 5 --valid-for P30D --cohort beta --reason "thank you"',
    `campaign show ${CAMPAIGN} --account ada`,
  ]);
  for (const make of [run, list, show]) campaign.addCommand(make(terminal));
  for (const [action, summary] of ACTIONS) campaign.addCommand(actionCommand(terminal, action, summary));
}

type Run = {
  reason: string;
  plan?: string[];
  cohort?: string[];
  resets?: number;
  amount?: string;
  source?: LotSource;
  expiresAt?: string;
  validFor?: string;
  giftable?: true;
  ongoing?: true;
  detach?: true;
  idempotencyKey?: string;
};

function run(terminal: Terminal): Command {
  const command = newCommand('run', 'Begin a campaign and watch it to its end', [
    'campaign run grant_reset --reason "outage of 31 October"',
    'campaign run grant_credits --amount 5 --valid-for P30D --plan free --reason "thank you"',
    'campaign run reset_windows --reason "global reset" --detach',
  ])
    .addArgument(new Argument('<kind>', 'what each account gets').choices(CAMPAIGN_KINDS))
    .requiredOption('--reason <text>', 'why; it is kept in the record')
    .addOption(new Option('--plan <plan...>', 'accounts on one of these plans only').choices(PLANS))
    .option('--cohort <cohort...>', 'accounts in one of these cohorts only')
    .option('--resets <count>', 'grant_reset: how many each; default: 1', wholeNumber(1))
    .option('--amount <amount>', 'grant_credits: how many each', credits)
    .addOption(new Option('--source <source>', 'grant_credits: where they come from').choices(LOT_SOURCES))
    .option('--expires-at <time>', 'grant_credits: when they expire', moment)
    .option('--valid-for <duration>', 'grant_credits: how long they are valid, P30D say')
    .option('--giftable', 'grant_credits: they may be given away')
    .option('--ongoing', 'also cover accounts that are created, or become eligible, later')
    .option('--detach', 'do not wait for its end');
  return withKey(command, 'begins two').action(async (kind: CampaignKind, options: Run, command: Command) => {
    const client = await apiClient(terminal.env);
    const begun = await client.campaigns.create(bodyOf(kind, options), keyOf(options));
    const campaign = options.detach === true ? begun : await watch(terminal, client, begun);
    answer(terminal, command, campaign, campaignBlocks(campaign));
  });
}

/** The options of each kind are its own: one that belongs to another is refused by the API with its path. */
function bodyOf(kind: CampaignKind, options: Run): CampaignBody {
  const { plan, cohort, reason, resets, amount, source, expiresAt, validFor, giftable, ongoing } = options;
  const filter = { ...(plan && { plans: plan }), ...(cohort && { cohorts: cohort }) };
  const own = given({
    resets,
    amount,
    source,
    expires_at: expiresAt,
    valid_for: validFor,
    giftable,
    ongoing,
  });
  return { kind, filter, reason, ...own } as CampaignBody;
}

/** Shows how far it is until it does not run any more. Ending the command does not end the campaign. */
async function watch(terminal: Terminal, client: BoonClient, begun: Campaign): Promise<Campaign> {
  terminal.note(`${summaryOf(begun)} (${begun.id})`);
  let campaign = begun;
  let tenths = -1;
  while (campaign.status === 'running') {
    await sleep(LOOK_EVERY_MS);
    campaign = await client.campaigns.get(begun.id);
    const now = Math.floor(
      (10 * ((campaign.matched ?? 0) - (campaign.remaining ?? 0))) / (campaign.matched || 1),
    );
    if (terminal.redraw !== undefined) terminal.redraw(progressLine(campaign));
    else if (now > tenths) terminal.note(progressLine(campaign));
    tenths = Math.max(tenths, now);
  }
  if (terminal.redraw !== undefined) terminal.note('');
  return campaign;
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show the progress of a campaign, or what it did for one account', [
    `campaign show ${CAMPAIGN}`,
    `campaign show ${CAMPAIGN} --account ada`,
  ])
    .argument('<id>', 'the campaign')
    .option('--account <account>', 'what it did for this account, and if nothing, why')
    .action(async (id: string, { account }: { account?: string }, command: Command) => {
      const client = await apiClient(terminal.env);
      if (account === undefined) {
        const campaign = await client.campaigns.get(id);
        return answer(terminal, command, campaign, campaignBlocks(campaign));
      }
      const did = await client.campaigns.account(id, account);
      const { outcome, reason, at, detail } = did;
      answer(terminal, command, did, [
        fields({ campaign: id, account, outcome, reason, at, because: detail }),
      ]);
    });
}

function list(terminal: Terminal): Command {
  const command = newCommand('list', 'List campaigns, the latest first', ['campaign list']);
  return withPaging(command).action(async (paging: Paging, command: Command) => {
    const { campaigns } = await apiClient(terminal.env);
    const page = await rowsOf(paging, (query) => campaigns.list(query));
    const rows = page.data.map((one) => [
      one.id,
      one.status,
      one.granted,
      excluded(one),
      one.remaining,
      summaryOf(one),
    ]);
    const headings = ['campaign', 'status', 'granted', 'excluded', 'remaining', 'what'];
    answer(terminal, command, page, [table(headings, rows, 'No campaigns.'), ...more(page)]);
  });
}

const ACTIONS: [CampaignAction, string][] = [
  ['pause', 'Pause a campaign: no account is granted until it is resumed'],
  ['resume', 'Resume a paused or canceled campaign after the last account that it did'],
  ['cancel', 'Cancel a campaign: it ends here, and what was granted stays'],
];

type Act = { reason?: string; idempotencyKey?: string };

function actionCommand(terminal: Terminal, action: CampaignAction, summary: string): Command {
  const command = newCommand(action, summary, [`campaign ${action} ${CAMPAIGN}`])
    .argument('<id>', 'the campaign')
    .option('--reason <text>', 'why; it is kept in the record');
  return withKey(command, 'acts twice').action(async (id: string, options: Act, command: Command) => {
    const { campaigns } = await apiClient(terminal.env);
    const campaign = await campaigns[action](id, given({ reason: options.reason }), keyOf(options));
    answer(terminal, command, campaign, campaignBlocks(campaign));
  });
}

function summaryOf(campaign: Campaign): string {
  return `${campaignSummary(campaign)}: ${campaign.reason}`;
}

function campaignBlocks(campaign: Campaign): Block[] {
  return [
    fields({
      campaign: campaign.id,
      what: summaryOf(campaign),
      status: campaign.status,
      progress: progressLine(campaign),
      granted: campaign.granted,
      excluded: excluded(campaign),
      'begun at': campaign.created_at,
      'begun by': campaign.created_by,
      'ended at': campaign.ended_at,
    }),
    ...Object.entries(campaign.excluded).map(([reason, accounts]) =>
      text(`  ${accounts} ${reason}: ${EXCLUSIONS[reason as Exclusion]}`),
    ),
  ];
}

function excluded(campaign: Campaign): number {
  return Object.values(campaign.excluded).reduce((sum, accounts) => sum + accounts, 0);
}
