/** Checks of what reaches a campaign's process from outside. */
import { campaignIdOf, type OperateCampaign } from '../../contracts/campaigns/campaign.ts';
import { textFault } from '../arguments.ts';
import { invalid } from '../refusal.ts';

/** The campaign's id of a workflow id. Throws the refusal of any id but `campaign/<id>`. */
export function checkedCampaignId(workflowId: string): string {
  const id = campaignIdOf(workflowId);
  if (id === undefined)
    throw invalid([{ path: 'workflowId', message: 'must be campaign/ and the id of a campaign' }]);
  return id;
}

/** What can be read of a signal, which has nobody to refuse to: what does not fit is left out. */
export function readableTexts(given: unknown): OperateCampaign {
  const { reason, by } = (typeof given === 'object' && given !== null ? given : {}) as Record<
    string,
    unknown
  >;
  return Object.fromEntries(
    Object.entries({ reason, by })
      .map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, 500) : value] as const)
      .filter(([name, value]) => textFault(name, value, 500).length === 0),
  );
}
