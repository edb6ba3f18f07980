import { campaignWorkflowId } from '../../contracts/campaigns/campaign.ts';
import type { Cast } from './cast.ts';
import type { Stage } from './stage.ts';
import { until } from './until.ts';

const DONE_WITHIN_MS = 60_000;

/** A campaign: a reset for everybody of a cohort, and the answer for one who got none. */
export async function playCampaign({ client, narrator, signal }: Stage, cast: Cast): Promise<void> {
  const { cohort, linus } = cast;
  await narrator.act(`A campaign banks a reset for everybody in the cohort ${cohort}.`, [], async () => {
    await client.accounts.put(linus.id, { plan: 'plus', status: 'frozen' });
    const begun = await client.campaigns.create({
      kind: 'grant_reset',
      filter: { cohorts: [cohort] },
      reason: 'an outage in the story',
    });
    narrator.say(`${begun.id} is ${begun.status}`);
    narrator.seen(campaignWorkflowId(begun.id));
    const look = () => client.campaigns.get(begun.id);
    const done = await until(look, (now) => now.status === 'completed', { patience: DONE_WITHIN_MS, signal });
    const excluded = Object.entries(done.excluded).map(([why, count]) => `${count} excluded (${why})`);
    narrator.say(
      `it is ${done.status}: ${[`${done.matched} matched`, `${done.granted} granted`, ...excluded].join(', ')}`,
    );
    const { outcome, reason } = await client.campaigns.account(begun.id, linus.id);
    narrator.say(`why did Linus get none? ${outcome}: ${reason}`);
  });
}
