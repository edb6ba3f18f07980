import { playCampaign } from './campaign-story.ts';
import { type Cast, seedCast } from './cast.ts';
import { playGifts } from './gift-story.ts';
import { playPurchase } from './purchase-story.ts';
import { playReferrals } from './referral-story.ts';
import type { Stage } from './stage.ts';
import { playUsage } from './usage-story.ts';

/** Plays the main story on real workflows. @returns the accounts, for the reader to continue with */
export async function playStory(stage: Stage): Promise<Cast> {
  const cast = await seedCast(stage.client);
  await playGifts(stage, cast);
  await playReferrals(stage, cast);
  await playCampaign(stage, cast);
  await playUsage(stage, cast);
  await playPurchase(stage, cast);
  return cast;
}
