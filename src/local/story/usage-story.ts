import { isBoonApiError } from '../../client/boon-api-error.ts';
import type { Usage } from '../../contracts/usage.schema.ts';
import type { Cast } from './cast.ts';
import type { Stage } from './stage.ts';

/** Usage: a plan's window used up, credits taking over, the limit reached, a banked reset redeemed. */
export async function playUsage(stage: Stage, { grace }: Cast): Promise<void> {
  const { client, narrator } = stage;
  const use = (units: string) => client.usage.record({ account_id: grace.id, product: 'codex', units });
  const { windows } = await client.accounts.limits(grace.id);
  const included = windows.five_hour.limit ?? '0';

  await narrator.act(`Grace uses her plan’s 5 hours up, and credits take over.`, [grace], async () => {
    narrator.say(`${included} units of codex: ${paidBy(await use(included))}`);
    narrator.say(`10 units more: ${paidBy(await use('10'))}`);
  });
  await narrator.act('She asks for more than she has.', [grace], async () => {
    try {
      await use('35');
    } catch (error) {
      if (!isBoonApiError(error) || error.code !== 'limit_reached') throw error;
      narrator.say(`refused with ${error.status} ${error.code}: ${error.message}`);
      narrator.say(
        `resets in the bank: ${error.limit?.resets_available}; the next window: ${error.limit?.next_window_at}`,
      );
      return;
    }
    throw new Error('35 units were more than Grace had, and she got them all the same');
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

function paidBy({ charged: { plan, credits } }: Usage): string {
  return `the plan pays ${plan}, credits ${credits}`;
}
