/** One running reward window: the places of its month. */
import { proxyLocalActivities, setCurrentDetails } from '@temporalio/workflow';
import type { ReferralActivities } from '../../activities/referrals/referral.ts';
import type {
  ClaimPlace,
  PlaceAnswer,
  ProgramPlaces,
  RaiseWindowCap,
  ReleasePlace,
  RewardWindow,
  RewardWindowInput,
  RewardWindowProgress,
} from '../../contracts/referrals/referral.ts';
import { windowDetails } from '../../contracts/referrals/referral-card.ts';
import type { RefusedRequest } from '../../contracts/refused-request.ts';
import { summaryOf } from '../../contracts/summary.ts';
import { LEDGER_CALL } from '../activity-options.ts';
import { refusedNow } from '../cancel-request.ts';
import { now } from '../now.ts';
import { refusal } from '../refusal.ts';
import { takingTurns } from '../turns.ts';

const ledger = proxyLocalActivities<ReferralActivities>(LEDGER_CALL);

export class OpenWindow {
  readonly #input: RewardWindowInput;
  readonly #inTurn = takingTurns();
  readonly #programs: Record<string, ProgramPlaces>;
  #closed = false;
  #refused: RefusedRequest | undefined;
  #isToBeginAnew = false;

  constructor(input: RewardWindowInput) {
    this.#input = input;
    // Without a prototype: a program may have any name, `constructor` too.
    this.#programs = Object.assign(Object.create(null), input.programs);
    this.#refused = input.refused;
    this.#show();
  }

  /** Epoch milliseconds. */
  get endsAt(): number {
    return Date.parse(this.#input.ends_at);
  }

  get progress(): RewardWindowProgress {
    const { account_id, month, ends_at } = this.#input;
    return { account_id, month, ends_at, programs: this.#programs, closed: this.isClosed };
  }

  /** A request to cancel was refused: the run that received it is marked with it forever. */
  get isToBeginAnew(): boolean {
    return this.#isToBeginAnew;
  }

  /** Somebody asks to cancel it: rewards of the month would wait for nothing. */
  refuseToCancel(): void {
    this.#refused = refusedNow('A billing month ends by itself; until then it gives out its rewards.');
    this.#isToBeginAnew = true;
    this.#show();
  }

  /** The month is over by the clock, whether or not the timer has fired. */
  get isClosed(): boolean {
    return this.#closed || Date.now() >= this.endsAt;
  }

  /** Input of a run that continues where this one stopped. */
  nextRun(): RewardWindowInput {
    const { account_id, month, ends_at } = this.#input;
    const refused = this.#refused;
    const next = { account_id, month, ends_at, programs: this.#programs };
    return refused === undefined ? next : { ...next, refused };
  }

  close(): void {
    this.#closed = true;
    this.#show();
  }

  /** Throws the refusal of a month that is over. Synchronous, for an update's validator. */
  checkOpen(): void {
    if (this.isClosed) {
      throw refusal('window_closed', `The billing month ended at ${this.#input.ends_at}.`);
    }
  }

  /**
   * Gives a place, if there is one; a referral that has one has it. The claim tells how the ledger had the month when it
   * was on its way: what is known of paid places, and a cap that was raised since, stay.
   */
  claim({ referral_id, program, cap, banked = [] }: ClaimPlace): Promise<PlaceAnswer> {
    return this.#inTurn(async () => {
      this.checkOpen();
      const known = this.#programs[program] ?? { cap, banked: [] };
      const paid = [...new Set([...known.banked, ...banked])];
      const places = this.#learn(program, Math.max(known.cap, cap), paid);
      const has = () => places.banked.includes(referral_id) || places.held.includes(referral_id);
      if (!has() && taken(places) < places.cap) places.held.push(referral_id);
      this.#show();
      return { granted: has(), cap: places.cap, taken: taken(places) };
    });
  }

  release({ referral_id, program }: ReleasePlace): Promise<RewardWindowProgress> {
    return this.#inTurn(async () => {
      const places = this.#programs[program];
      if (places !== undefined) {
        places.banked = places.banked.filter((id) => id !== referral_id);
        places.held = places.held.filter((id) => id !== referral_id);
      }
      this.#show();
      return this.progress;
    });
  }

  /** Raises the month's cap in the ledger, then here. Rejects with the activity's failure. */
  raiseCap(key: string, raise: RaiseWindowCap, by: string): Promise<RewardWindow> {
    return this.#inTurn(async () => {
      const { account_id, month } = this.#input;
      const request = { key, at: now(), account_id, month, ...raise, by };
      const summary = summaryOf(`${raise.program}: cap ${raise.cap} by ${by}`);
      const window = await ledger.raiseCap.executeWithOptions({ summary }, [request]);
      this.become(window);
      return window;
    });
  }

  /**
   * Somebody says that the month has changed in a program: the ledger says how. Without a program: in each that is known.
   * Rejects with the activity's failure.
   */
  lookAgain(said: unknown): Promise<void> {
    return this.#inTurn(async () => {
      if (this.isClosed) return;
      const { program: one } = (said ?? {}) as { program?: unknown };
      for (const program of typeof one === 'string' ? [one] : Object.keys(this.#programs)) {
        const options = { summary: `${program.slice(0, 100)}: how is the month?` };
        const args = [this.#input.account_id, program, now()] as const;
        const window = await ledger.readWindow.executeWithOptions(options, [...args]);
        // Of another month it says nothing about this one: a billing day that moved ended it.
        if (window.month === this.#input.month) this.become(window);
      }
    });
  }

  /** Adopts the ledger's state of the month; places that wait for the ledger stay held. */
  become({ program, cap, claimed }: RewardWindow): void {
    this.#learn(program, cap, claimed);
    this.#show();
  }

  #learn(program: string, cap: number, banked: string[]): ProgramPlaces {
    const held = this.#programs[program]?.held ?? [];
    const places = { cap, banked, held: held.filter((id) => !banked.includes(id)) };
    this.#programs[program] = places;
    return places;
  }

  #show(): void {
    setCurrentDetails(windowDetails(this.progress, this.#refused));
  }
}

function taken({ banked, held }: ProgramPlaces): number {
  return banked.length + held.length;
}
