import { isBoonApiError } from '../../client/boon-api-error.ts';
import type { LimitReached } from '../../contracts/errors.ts';
import type { Usage } from '../../contracts/usage/usage.schema.ts';
import type { Cast } from './cast.ts';
import type { Stage } from './stage.ts';

/** Usage: a plan's window used up, credits taking over, the limit reached, a banked reset redeemed. */
export async function playUsage(stage: Stage, { grace }: Cast): Promise<void> {
  const { client, narrator } = stage;
  const use = (units: string) => useCodex(stage, grace.id, units);
  const { windows } = await client.accounts.limits(grace.id);
  const included = windows.five_hour.limit ?? '0';

  await narrator.act(`Grace uses her plan’s 5 hours up, and credits take over.`, [grace], async () => {
    narrator.say(`${included} units of codex: ${paidBy(await use(included))}`);
    narrator.say(`10 units more: ${paidBy(await use('10'))}`);
  });
  await narrator.act('She asks for more than she has.', [grace], async () => {
    const { resets_available, next_window_at } = await refusedUse(stage, grace.id, '35');
    narrator.say(`resets in the bank: ${resets_available}; the next window: ${next_window_at}`);
  });
  await narrator.act('She redeems a banked reset.', [grace], async () => {
    const preview = await client.resets.preview(grace.id);
    narrator.say(`the preview: ${preview.windows_reset} windows would be full again`);
    const { outcome, before, after } = await client.resets.redeem(grace.id, {
      request_id: `story-${grace.id}`,
    });
    narrator.say(`${outcome}: 5 hours ${before.five_hour.used} → ${after.five_hour.used} used`);
    narrator.say(`week ${before.weekly.used} → ${after.weekly.used} used`);
    narrator.say(`5 units of codex: ${paidBy(await use('5'))}`);
  });
}

/** Reports a use of the story. */
export function useCodex({ client }: Stage, accountId: string, units: string): Promise<Usage> {
  return client.usage.record({ account_id: accountId, product: 'codex', units });
}

/** Asks for more than there is, and says how that is refused. @returns what the refusal says about how to continue */
export async function refusedUse(stage: Stage, accountId: string, units: string): Promise<LimitReached> {
  try {
    await useCodex(stage, accountId, units);
  } catch (error) {
    if (!isBoonApiError(error) || error.limit === undefined) throw error;
    stage.narrator.say(
      `${units} units of codex: refused with ${error.status} ${error.code}: ${error.message}`,
    );
    return error.limit;
  }
  throw new Error(`${units} units were more than ${accountId} had, and were used all the same`);
}

/** Who paid for a use, in words. */
export function paidBy({ charged: { plan, credits } }: Usage): string {
  return `the plan pays ${plan}, credits ${credits}`;
}
