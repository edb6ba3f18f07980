/**
 * What reaches a running referral: the ledger's changes by signals, people's requests by updates, described for the Web
 * UI.
 */
import {
  type ApplicationFailure,
  currentUpdateInfo,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ReferralStanding } from '../../contracts/referrals/referral.ts';
import {
  type CancelReferral,
  cancelReferralUpdate,
  linkUsedUpdate,
  promptedSignal,
  referralChangedSignal,
  referralStatusQuery,
  resendUpdate,
  type UseLink,
} from '../../contracts/referrals/referral-messages.ts';
import { BY_TEMPORAL, checkArguments } from '../arguments.ts';
import { cancelRequestsAreAnswered, onCancelRequest } from '../cancel-request.ts';
import { answered, updateKey } from '../updates.ts';
import { isStanding } from './input.ts';
import type { OpenReferral } from './state.ts';

/** Registers every handler, in the order the Web UI offers them; called before the workflow's first await. */
export function handleReferralMessages(referral: OpenReferral): void {
  setHandler(referralStatusQuery, () => referral.progress ?? null, {
    description: 'What the process knows of its referral; prompts are counted in the ledger.',
  });
  setHandler(resendUpdate, () => referral.mailAgain(currentUpdateInfo()?.id), {
    description: 'Mails the invitation again, at most 3 times. No input.',
    validator: () => referral.checkResend(),
  });
  setHandler(
    cancelReferralUpdate,
    (given) => answered(() => referral.cancel(updateKey(), given.reason, given.by ?? BY_TEMPORAL)),
    {
      description:
        'Cancel: the link stops working and its place comes back. Input: {"reason":"why","by":"your name"}',
      validator: (given?: CancelReferral) =>
        checkArguments('cancel', '{"reason":"why"}', given, ['reason', 'by?']),
    },
  );
  setHandler(
    linkUsedUpdate,
    ({ account_id }: UseLink) => answered(() => referral.useLink(updateKey(), account_id)),
    {
      description: 'The friend used the link. Input: {"account_id":"user_bob"}',
      validator: (given?: UseLink) =>
        checkArguments('linkUsed', '{"account_id":"user_bob"}', given, ['account_id']),
    },
  );
  setHandler(referralChangedSignal, (standing) => heard(standing, (given) => referral.hear(given, false)), {
    description:
      'How the ledger has the referral now. Sent by Boon; what would end it is read from the ledger.',
  });
  setHandler(promptedSignal, (standing) => heard(standing, (given) => referral.hear(given, true)), {
    description: 'The friend has done enough, or a deferred reward is due. Sent by Boon.',
  });
  onCancelRequest(() => cancelledThroughTemporal(referral));
}

/** A signal has no caller to refuse: what does not fit is dropped. */
function heard(standing: unknown, take: (standing: ReferralStanding) => void): void {
  if (isStanding(standing)) take(standing);
  else log.warn('A signal that tells no standing was dropped');
}

/** "Request Cancellation" in the Web UI: cancels the referral, not just its process; a refusal is shown. */
async function cancelledThroughTemporal(referral: OpenReferral): Promise<void> {
  // An earlier request was refused: this one is to be looked at again.
  const earlier = referral.cancelRequests === 0 ? '' : `-${referral.cancelRequests}`;
  const request = `${workflowInfo().workflowId}:cancel-request${earlier}`;
  const isAnswered = cancelRequestsAreAnswered();
  try {
    await answered(() => referral.cancel(request, 'cancellation requested of the workflow', BY_TEMPORAL));
  } catch (refused) {
    const { type, message } = refused as ApplicationFailure;
    log.info('A cancellation request was refused', { code: type });
    if (isAnswered) referral.refusedToCancel(message);
  }
}
