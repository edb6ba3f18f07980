/** What reaches a reward window: claims of referrals, and what operators send from the Web UI. */
import { isCancellation, log, patched, setHandler } from '@temporalio/workflow';
import type { ClaimPlace, RaiseWindowCap, ReleasePlace } from '../../contracts/referrals/referral.ts';
import {
  claimPlaceUpdate,
  raiseCapUpdate,
  releasePlaceUpdate,
  windowChangedSignal,
  windowStatusQuery,
} from '../../contracts/referrals/referral-messages.ts';
import { BY_TEMPORAL } from '../arguments.ts';
import { onCancelRequest } from '../cancel-request.ts';
import { refusalOf } from '../refusal.ts';
import { answered, shielded, updateKey } from '../updates.ts';
import { checkPlaces, isWindow } from './input.ts';
import type { OpenWindow } from './state.ts';

const CLAIM_EXAMPLE = '{"referral_id":"…","program":"codex-selective","cap":3}';
const RAISE_EXAMPLE = '{"program":"codex-selective","cap":5,"reason":"why","by":"your name"}';

/** Registers every handler, in the order the Web UI offers them; called before the workflow's first await. */
export function handleWindowMessages(window: OpenWindow): void {
  setHandler(windowStatusQuery, () => window.progress, {
    description: 'Who has a reward in this billing month.',
  });
  setHandler(
    raiseCapUpdate,
    (given) => answered(() => window.raiseCap(updateKey(), given, given.by ?? BY_TEMPORAL)),
    {
      description: `Raise the cap of this month, in the ledger too. Input: ${RAISE_EXAMPLE}`,
      validator: (given?: RaiseWindowCap) => {
        const by = given?.by === undefined ? [] : ['by'];
        checkPlaces('raiseCap', RAISE_EXAMPLE, given, ['program', 'cap', 'reason', ...by]);
        window.checkOpen();
      },
    },
  );
  setHandler(
    claimPlaceUpdate,
    async (given) => {
      try {
        return await window.claim(given);
      } catch (error) {
        throw refusalOf(error);
      }
    },
    {
      description: 'A referral claims a place. Sent by Boon.',
      validator: (given?: ClaimPlace) => {
        checkPlaces('claim', CLAIM_EXAMPLE, given, ['referral_id', 'program', 'cap', 'banked']);
        window.checkOpen();
      },
    },
  );
  setHandler(releasePlaceUpdate, (given) => window.release(given), {
    description: 'Gives a place back that the ledger did not fill. Sent by Boon.',
    validator: (given?: ReleasePlace) =>
      checkPlaces('release', '{"referral_id":"…","program":"codex-selective"}', given, [
        'referral_id',
        'program',
      ]),
  });
  setHandler(
    windowChangedSignal,
    async (given) => {
      // Runs of earlier versions believed what it says.
      if (!patched('the-ledger-says-how-the-month-is')) {
        if (isWindow(given)) window.become(given);
        else log.warn('A signal that tells no month was dropped');
        return;
      }
      try {
        await shielded(() => window.lookAgain(given));
      } catch (error) {
        if (isCancellation(error)) throw error;
        log.warn('The ledger does not know what a signal named', { error: String(refusalOf(error)) });
      }
    },
    { description: 'The month has changed in the ledger, which is read again. Sent by Boon.' },
  );
  onCancelRequest(() => window.refuseToCancel());
}
