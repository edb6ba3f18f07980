/** Campaigns that bank resets or restore windows, as they should be, told again in memory. */
import type { CampaignActionRequest } from '../../src/contracts/campaigns/campaign.ts';
import { type Answer, refused } from './program-answer.ts';
import { byId, type CampaignCall } from './program-calls.ts';
import type { ModelPerson } from './program-people.ts';
import type { ProgramResets } from './program-resets.ts';

export type ModelCampaign = {
  id: string;
  kind: 'grant_reset' | 'reset_windows';
  plans: string[] | undefined;
  resets: number;
  ongoing: boolean;
  status: 'running' | 'paused' | 'ongoing' | 'completed' | 'canceled';
  lastNumber: number;
  matched: number | null;
  cursor: string;
  /** Those who came after the pass began are late. */
  outcomes: Map<string, { outcome: string; late: boolean }>;
};

export class ProgramCampaigns {
  readonly campaigns = new Map<string, ModelCampaign>();
  readonly #people: Map<string, ModelPerson>;
  readonly #resets: ProgramResets;

  constructor(people: Map<string, ModelPerson>, resets: ProgramResets) {
    this.#people = people;
    this.#resets = resets;
  }

  create(request: CampaignCall): Answer {
    const campaign: ModelCampaign = {
      id: request.id,
      kind: request.kind,
      plans: request.filter.plans,
      resets: request.resets ?? 0,
      ongoing: request.ongoing === true,
      status: 'running',
      lastNumber: 0,
      matched: null,
      cursor: '',
      outcomes: new Map(),
    };
    this.#begin(campaign);
    this.campaigns.set(campaign.id, campaign);
    return { value: brief(campaign) };
  }

  page(id: string, size: number, now: number): Answer {
    const campaign = this.campaigns.get(id);
    if (campaign === undefined) return refused('not_found');
    if (campaign.status !== 'running') return { value: brief(campaign) };
    const all = this.#covered(campaign);
    campaign.matched ??= all.length;
    const page = all.filter((person) => person.id > campaign.cursor).slice(0, size);
    for (const person of page) this.#apply(campaign, person, now);
    campaign.cursor = page.at(-1)?.id ?? campaign.cursor;
    if (page.length < size) campaign.status = campaign.ongoing ? 'ongoing' : 'completed';
    return { value: brief(campaign) };
  }

  act({ campaign_id, action }: Omit<CampaignActionRequest, 'at'>): Answer {
    const campaign = this.campaigns.get(campaign_id);
    if (campaign === undefined) return refused('not_found');
    if (campaign.status === 'completed' || (campaign.status === 'canceled' && action === 'pause'))
      return refused('campaign_ended');
    if (action === 'pause') campaign.status = 'paused';
    else if (action === 'cancel') campaign.status = 'canceled';
    else if (campaign.status === 'paused' || campaign.status === 'canceled') {
      campaign.status = 'running';
      if (campaign.ongoing) this.#begin(campaign);
    }
    if (campaign.status !== 'running') campaign.matched ??= this.#covered(campaign).length;
    return { value: brief(campaign) };
  }

  /** Somebody came, or is on another plan: ongoing campaigns judge them at once. */
  join(person: ModelPerson, now: number): void {
    for (const campaign of [...this.campaigns.values()].toSorted(byId)) {
      if (campaign.ongoing && (campaign.status === 'running' || campaign.status === 'ongoing'))
        this.#apply(campaign, person, now);
    }
  }

  #covered(campaign: ModelCampaign): ModelPerson[] {
    return [...this.#people.values()].filter(({ number }) => number <= campaign.lastNumber).toSorted(byId);
  }

  #begin(campaign: ModelCampaign): void {
    Object.assign(campaign, { status: 'running', cursor: '', matched: null, lastNumber: this.#people.size });
    for (const outcome of campaign.outcomes.values()) outcome.late = false;
  }

  #apply(campaign: ModelCampaign, person: ModelPerson, now: number): void {
    const before = campaign.outcomes.get(person.id);
    if (before !== undefined && (before.outcome === 'granted' || !campaign.ongoing)) return;
    const outcome = this.#judge(campaign, person, now);
    campaign.outcomes.set(person.id, { outcome, late: person.number > campaign.lastNumber });
    if (campaign.kind === 'reset_windows' && (outcome === 'granted' || outcome === 'nothing_to_reset'))
      this.#resets.returnGlobally(person.id, now);
    if (outcome !== 'granted') return;
    if (campaign.kind === 'reset_windows') this.#resets.restore(person.id, now);
    else this.#resets.bank(person.id, campaign.resets, 'campaign', `campaign/${campaign.id}`, now);
  }

  #judge(campaign: ModelCampaign, person: ModelPerson, now: number): string {
    if (person.status !== 'active') return person.status;
    if (campaign.plans !== undefined && !campaign.plans.includes(person.plan)) return 'plan';
    const nothing = campaign.kind === 'reset_windows' && !this.#resets.hasUsed(person.id, now);
    return nothing ? 'nothing_to_reset' : 'granted';
  }
}

function brief({ id, status, matched, outcomes }: ModelCampaign) {
  const excluded: Record<string, number> = {};
  let granted = 0;
  let late = 0;
  for (const one of outcomes.values()) {
    if (one.late) late += 1;
    if (one.outcome === 'granted') granted += 1;
    else excluded[one.outcome] = (excluded[one.outcome] ?? 0) + 1;
  }
  return { id, status, matched: matched === null ? null : matched + late, granted, excluded };
}
