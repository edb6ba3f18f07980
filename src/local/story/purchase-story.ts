import type { BoonClient } from '../../client/boon-client.ts';
import { packageText, priceText, purchaseWorkflowId } from '../../contracts/purchases/purchase.ts';
import type { Cast } from './cast.ts';
import type { Stage } from './stage.ts';
import { paidBy, refusedUse, useCodex } from './usage-story.ts';
import { openPage, sendForm } from './web-page.ts';

const PACKAGE = 'credits-100';
const UNITS = '60';

/** A package bought: from the link of a refused use to the credits, over the pages that a buyer sees. */
export async function playPurchase(stage: Stage, { grace }: Cast): Promise<void> {
  const { client, narrator, pageAt } = stage;
  // Where payments are real, the story spends nothing.
  if (pageAt === undefined) return;
  await narrator.act('She reaches the limit again and buys a package.', [grace], async () => {
    const link = String((await refusedUse(stage, grace.id, UNITS)).add_credits_url);
    narrator.say(`the link to add credits: ${link}`);
    const offer = await openPage(pageAt(link));
    const checkout = String((await sendForm(pageAt(link), offer, `value="${PACKAGE}"`)).location);
    const purchase = await latestPurchase(client, grace.id);
    narrator.say(`she buys ${packageText(purchase)}: ${purchase.id} is ${purchase.status}`);
    narrator.seen(purchaseWorkflowId(purchase.id));
    narrator.say(
      `she pays ${priceText(purchase.price)}, a demonstration in which no money moves: ${checkout}`,
    );
    const page = await openPage(pageAt(checkout));
    const paid = await sendForm(pageAt(checkout), page, 'outcome', { outcome: 'paid' });
    const back = await openPage(pageAt(String(paid.location)));
    narrator.say(`back on the page of the link: “${toldBy(back.text)}”`);
    narrator.say(`${UNITS} units of codex: ${paidBy(await useCodex(stage, grace.id, UNITS))}`);
  });
}

async function latestPurchase({ purchases }: BoonClient, accountId: string) {
  const [latest] = (await purchases.list(accountId, { limit: 1 })).data;
  if (latest === undefined) throw new Error('The page made no purchase');
  return latest;
}

function toldBy(html: string): string {
  return /role="status">([^<]*)</.exec(html)?.[1] ?? '';
}
