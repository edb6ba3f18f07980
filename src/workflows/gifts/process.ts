/**
 * A gift from its acceptance to its end. The ledger decides what happens to it; this process is its durable
 * clock, which has the ledger do what time has brought at each deadline, and the one door for what people do
 * to it meanwhile.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setWorkflowOptions,
} from '@temporalio/workflow';
import type { GiftInput, GiftResult, GiftWorkflow } from '../../contracts/gifts/gift.ts';
import { isBegunAnew } from '../begun-anew.ts';
import { versioned } from '../versioning.ts';
import { handleGiftMessages } from './messages.ts';
import { OpenGift } from './state.ts';

/**
 * Started by the API with an accepted gift, after a delay up to its first deadline; or by any Temporal client
 * with a request, which the ledger then accepts or refuses: a refusal is how the workflow fails.
 */
export async function gift(input: GiftInput): Promise<GiftResult> {
  const gift = new OpenGift();
  handleGiftMessages(gift);
  // A cancellation requested of the workflow is one more action on the gift; it must not cut its process short.
  return await CancellationScope.nonCancellable(() => untilItsEnd(gift, input));
}
// A gift lives for a day or a few weeks: it ends under the code it began with.
setWorkflowOptions(versioned('PINNED'), gift);

async function untilItsEnd(gift: OpenGift, input: GiftInput): Promise<GiftResult> {
  const isAnew = isBegunAnew();
  await beginOrRefuse(gift, input);
  if (isAnew) await gift.refresh();
  while (gift.deadline !== undefined) {
    gift.mailClaimLink();
    const due = await gift.waitForDeadline();
    if (due) await gift.advance();
    else if (gift.needsNewRun) await goOnInNewRun(gift);
  }
  await gift.untilNothingIsMailed();
  await condition(allHandlersFinished);
  return gift.result;
}

async function beginOrRefuse(gift: OpenGift, input: GiftInput): Promise<void> {
  try {
    await gift.begin(input);
  } catch (refusal) {
    // An update that came with the start answers the same refusal before the workflow fails.
    await condition(allHandlersFinished);
    throw refusal;
  }
}

/** Many actions have made the history long: the same gift continues with a new one. */
async function goOnInNewRun(gift: OpenGift): Promise<void> {
  await condition(allHandlersFinished);
  const input = gift.nextRun();
  if (input !== undefined) await continueAsNew<GiftWorkflow>(input);
}
