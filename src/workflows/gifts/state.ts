/** One running gift: what the process knows of it, and what it has the ledger do. */
import {
  condition,
  log,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { LedgerActivities } from '../../activities/gifts/ledger.ts';
import type { MailActivities } from '../../activities/mail.ts';
import {
  type ClaimMail,
  type Gift,
  type GiftActionRequest,
  type GiftInput,
  type GiftProgress,
  type GiftRequest,
  type GiftResult,
  type GiftStanding,
  standingOf,
} from '../../contracts/gifts/gift.ts';
import { giftDetails } from '../../contracts/gifts/gift-card.ts';
import { giftFoundBy } from '../../contracts/gifts/gift-search-attributes.ts';
import { summaryOf } from '../../contracts/summary.ts';
import { FOR_A_DAY, LEDGER_CALL } from '../activity-options.ts';
import { now } from '../now.ts';
import { refusalOf } from '../refusal.ts';
import { showSearchAttributes } from '../search-attributes.ts';
import { takingTurns } from '../turns.ts';
import { checkedGiftId, checkInput } from './input.ts';

/** Local activities: a settlement inside one workflow task is what keeps a quiet gift at 6 events and 2 actions. */
const ledger = proxyLocalActivities<LedgerActivities>(LEDGER_CALL);

const mail = proxyActivities<MailActivities>(FOR_A_DAY);

export class OpenGift {
  readonly #inTurn = takingTurns();
  #gift: GiftProgress | undefined;
  #refusal: unknown;
  #answer: Gift | undefined;
  #claimMail: ClaimMail | 'sending' | undefined;
  #mailed: Promise<void> | undefined;

  /** What the process knows; null until the gift is accepted. */
  get progress(): GiftProgress | null {
    return this.#gift ?? null;
  }

  /** The next moment at which time changes the gift; undefined when it has ended. */
  get deadline(): string | undefined {
    return this.#gift?.deadline ?? undefined;
  }

  /** History has grown long. Not while a mail is on its way, which the new run would know nothing of. */
  get needsNewRun(): boolean {
    return workflowInfo().continueAsNewSuggested && this.#claimMail !== 'sending';
  }

  /** Adopts the accepted gift, or has the ledger accept the request. Throws the refusal. */
  async begin(given: GiftInput): Promise<void> {
    try {
      const giftId = checkedGiftId(workflowInfo().workflowId);
      const input = checkInput(giftId, given);
      if ('request' in input) await this.#accept(giftId, input.request);
      else if ('open' in input) await this.#read(giftId);
      else this.#takeOver(input);
    } catch (error) {
      this.#refusal = refusalOf(error);
      throw this.#refusal;
    }
  }

  /** The gift as accepted, once it is; throws the refusal. */
  async accepted(): Promise<Gift> {
    const { id } = await this.#begun();
    return this.#answer ?? (await ledger.findGift.executeWithOptions({ summary: 'Read the gift' }, [id]));
  }

  /**
   * Waits for the deadline, which is absolute: a hold, an early waking and a replay agree on it.
   * @returns true when it has passed; false when it moved, or history has grown long.
   */
  async waitForDeadline(): Promise<boolean> {
    const { deadline } = this;
    if (deadline === undefined) return false;
    const remaining = Date.parse(deadline) - Date.now();
    if (remaining <= 0) return true;
    const woken = () => this.deadline !== deadline || this.needsNewRun;
    return !(await condition(woken, remaining, { summary: `${this.#gift?.status} until ${deadline}` }));
  }

  /** Has the ledger do what time has brought: settle, expire, end a hold. */
  async advance(): Promise<void> {
    const due = this.deadline;
    await this.refresh();
    if (this.deadline === undefined || this.deadline !== due) return;
    // The ledger's rules exclude this; should it happen all the same, wait rather than spin.
    log.warn('The ledger left a gift as it was after its deadline', { due });
    const woken = () => this.deadline !== due;
    await condition(woken, '1 minute', { summary: 'Not advanced; trying again' });
  }

  /** Adopts the gift's state in the ledger, once the ledger has done what is due. */
  async refresh(): Promise<GiftProgress> {
    const { id } = await this.#begun();
    return await this.#inTurn(async () => {
      const call = ledger.advanceGift.executeWithOptions({ summary: 'What is due' }, [id, now()]);
      return this.#become(await call);
    });
  }

  /** Has the ledger do what a person asks. Rejects with the activity's failure. */
  async act(action: Omit<GiftActionRequest, 'gift_id' | 'at'>): Promise<{ value: Gift; replayed: boolean }> {
    const { id } = await this.#begun();
    return await this.#inTurn(async () => {
      const summary = summaryOf(action.by === undefined ? action.action : `${action.action} by ${action.by}`);
      const request = { ...action, gift_id: id, at: now() };
      const recorded = await ledger.actOnGift.executeWithOptions({ summary }, [request]);
      // A recorded answer has the gift's state of then, which must not replace its present one.
      if (!recorded.replayed) this.#become(standingOf(recorded.value));
      else this.#become(await ledger.advanceGift(id, now()));
      return recorded;
    });
  }

  /** Mails the claim link once, beside the process: whether that works never holds up the gift. */
  mailClaimLink(): void {
    const gift = this.#gift;
    if (gift?.status !== 'awaiting_claim' || this.#claimMail !== undefined) return;
    this.#claimMail = 'sending';
    this.#mailed = sendClaimMail(gift.id).then((outcome) => {
      this.#claimMail = outcome;
      this.#show();
    });
  }

  /**
   * Waits until no mail is on its way: an activity must not outlive its workflow. A try after the gift's end sends
   * nothing, so this takes at most the time between two tries.
   */
  async untilNothingIsMailed(): Promise<void> {
    await this.#mailed;
  }

  /** Input of a run that continues where this one stopped; undefined when the gift has ended. */
  nextRun(): GiftInput | undefined {
    const { deadline } = this;
    if (this.#gift === undefined || deadline === undefined) return undefined;
    const accepted = { ...this.#gift, to: this.#gift.to ?? null, deadline };
    const mailed = this.#claimMail;
    return mailed === undefined || mailed === 'sending' ? { accepted } : { accepted, claim_mail: mailed };
  }

  /** What the workflow ends with. */
  get result(): GiftResult {
    if (this.#gift === undefined) throw this.#refusal;
    const { status, settled_at } = this.#gift;
    return settled_at == null ? { status } : { status, settled_at };
  }

  #takeOver(input: Extract<GiftInput, { accepted: unknown }>): void {
    this.#claimMail = input.claim_mail;
    this.#gift = input.accepted;
    this.#show();
  }

  async #accept(id: string, request: GiftRequest): Promise<void> {
    const call = { key: `${workflowInfo().workflowId}:accept`, id, at: now(), ...request };
    const gift = await ledger.acceptGift.executeWithOptions({ summary: 'Screen and accept' }, [call]);
    this.#answer = gift;
    this.#know(gift);
  }

  /** Adopts the gift as the ledger has it, whatever happened to it. */
  async #read(id: string): Promise<void> {
    this.#know(await ledger.findGift.executeWithOptions({ summary: 'Read the gift' }, [id]));
  }

  #know(gift: Gift): void {
    const { id, from, to, by_email, funding, settles_at } = gift;
    this.#gift = { id, from, to, by_email, ...givenIn(gift), funding, settles_at, ...standingOf(gift) };
    this.#show();
  }

  /** Waits until there is a gift; throws the refusal of one that was not accepted. */
  async #begun(): Promise<GiftProgress> {
    await condition(() => this.#gift !== undefined || this.#refusal !== undefined);
    if (this.#gift === undefined) throw this.#refusal;
    return this.#gift;
  }

  #become(standing: GiftStanding): GiftProgress {
    if (this.#gift === undefined) throw new Error('There is no gift yet');
    const { id, from, to, by_email, funding, settles_at } = this.#gift;
    const given = givenIn(this.#gift);
    const gift = { id, from, to: to ?? null, by_email, ...given, funding, settles_at, ...standing };
    this.#gift = gift;
    this.#show();
    return gift;
  }

  /** Makes the gift readable in the Web UI; costs history only where a search attribute changes. */
  #show(): void {
    if (this.#gift === undefined) return;
    const mailed = this.#claimMail;
    setCurrentDetails(giftDetails(this.#gift, mailed === 'sending' ? undefined : mailed));
    showSearchAttributes(giftFoundBy(this.#gift));
  }
}

/** Credits, or a reset. */
function givenIn({ amount, reset_id }: Pick<Gift, 'amount' | 'reset_id'>) {
  return reset_id === undefined ? { amount } : { amount, reset_id };
}

async function sendClaimMail(giftId: string): Promise<ClaimMail> {
  try {
    return await mail.sendClaimMail.executeWithOptions({ summary: 'Claim link to the recipient' }, [
      giftId,
      now(),
    ]);
  } catch (error) {
    log.warn('The claim link could not be mailed', { error: String(refusalOf(error)) });
    return 'failed';
  }
}
