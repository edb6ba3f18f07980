/** The complimentary reset of each account, as one ongoing campaign. */
import type { CampaignProcess } from '../../contracts/campaigns/campaign-process.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';

/**
 * Has the campaign of complimentary resets be what the policy in use says, and run. Harmless to repeat, and for several
 * workers at once; a policy without such plans begins none.
 * @param onMissed called when Temporal did not take its process, which `reconcile` then starts; left out: it is thrown.
 */
export async function keepComplimentaryResets(
  ledger: Pick<Ledger, 'keepComplimentaryCampaign' | 'findCampaign'>,
  process: CampaignProcess,
  at: Instant,
  onMissed: (error: unknown) => void = rethrow,
): Promise<void> {
  const id = await ledger.keepComplimentaryCampaign(at);
  if (id === undefined) return;
  const campaign = await ledger.findCampaign(id);
  if (campaign.ended_at === null) await process.wake(campaign).catch(onMissed);
}

function rethrow(error: unknown): never {
  throw error;
}
