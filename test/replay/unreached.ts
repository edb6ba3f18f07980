/** Branches of the workflows' code that no saved history goes through, each with its reason. */

const VALIDATOR = 'a validator is asked before an update is accepted; a history has only the acceptance';
const QUERY = 'a query leaves nothing in a history';
const GUARD = 'the code around it excludes it; it is there for the types';

/**
 * `within` is a file and a function, and takes in the functions inside; `way` is a part of what the branch begins with.
 * An exception that excepts nothing any more is a fault as well.
 */
export const UNREACHED: readonly { within: string; way?: string; why: string }[] = [
  { within: 'billing/messages.ts handleBillingMessages', way: 'setHandler(billingStatusQuery', why: QUERY },
  { within: 'campaigns/messages.ts handleCampaignMessages', way: 'campaign.progress', why: QUERY },
  { within: 'gifts/messages.ts handleGiftMessages', way: 'gift.progress', why: QUERY },
  { within: 'gifts/state.ts OpenGift.progress', why: QUERY },
  { within: 'referrals/state.ts OpenReferral.progress', why: QUERY },
  {
    within: 'purchases/messages.ts handlePurchaseMessages',
    way: 'setHandler(purchaseStatusQuery',
    why: QUERY,
  },
  { within: 'referrals/messages.ts handleReferralMessages', way: 'referral.progress', why: QUERY },
  { within: 'refunds/messages.ts handleRefundMessages', way: 'setHandler(refundStatusQuery', why: QUERY },
  { within: 'campaigns/state.ts OpenCampaign.progress', why: QUERY },
  {
    within: 'reward-windows/messages.ts handleWindowMessages',
    way: 'setHandler(windowStatusQuery',
    why: QUERY,
  },

  { within: 'campaigns/messages.ts handleCampaignMessages.validator', why: VALIDATOR },
  { within: 'gifts/messages.ts handleGiftMessages.validator', why: VALIDATOR },
  { within: 'arguments.ts checkArguments', why: VALIDATOR },
  { within: 'purchases/state.ts OpenPurchase.checkCancel', why: VALIDATOR },
  { within: 'referrals/state.ts OpenReferral.checkResend', why: VALIDATOR },
  { within: 'refunds/state.ts OpenRefund.checkPending', why: VALIDATOR },
  { within: 'purchases/messages.ts handlePurchaseMessages.validator', why: VALIDATOR },
  { within: 'reward-windows/input.ts checkPlaces', why: VALIDATOR },
  { within: 'referrals/messages.ts handleReferralMessages.validator', why: VALIDATOR },
  { within: 'refunds/messages.ts handleRefundMessages.validator', why: VALIDATOR },
  { within: 'reward-windows/messages.ts handleWindowMessages.validator', why: VALIDATOR },

  {
    within: 'begun-anew.ts isBegunAnew',
    way: '||',
    why: 'the length of the history is asked for only where the task is done for the first time',
  },
  { within: 'campaigns/messages.ts handleCampaignMessages', way: 'uuid4()', why: GUARD },
  { within: 'duties.ts textOf', way: 'error instanceof ActivityFailure', why: GUARD },
  { within: 'duties.ts textOf', way: 'String(cause)', why: GUARD },
  { within: 'billing/state.ts OpenBillingMonth.nextRun', way: '?', why: GUARD },
  {
    within: 'billing/state.ts collected',
    way: 'if: if (!(error instanceof ActivityFailure))',
    why: GUARD,
  },
  { within: 'billing/state.ts mailed', way: 'if: if (!(error instanceof ActivityFailure))', why: GUARD },
  { within: 'gifts/state.ts OpenGift.waitForDeadline', way: 'return false', why: GUARD },
  { within: 'gifts/state.ts OpenGift.result', way: 'throw this.#refusal', why: GUARD },
  { within: 'gifts/state.ts OpenGift.become', way: 'There is no gift yet', why: GUARD },
  { within: 'gifts/state.ts OpenGift.show', way: 'this.#gift === undefined', why: GUARD },
  { within: 'purchases/state.ts OpenPurchase.nextRun', way: '?', why: GUARD },
  { within: 'refunds/state.ts OpenRefund.nextRun', way: ': ...(this.#askAt', why: GUARD },
  { within: 'refunds/state.ts OpenRefund.nextRun', way: '?: ...(refused', why: GUARD },
  { within: 'refunds/state.ts OpenRefund.left', way: '?', why: GUARD },
  { within: 'refusal.ts refusalOf', way: "'internal'", why: GUARD },
  { within: 'campaigns/state.ts OpenCampaign.result', way: 'not looked at yet', why: GUARD },
  { within: 'campaigns/state.ts OpenCampaign.runPages', way: "'Pages'", why: GUARD },
  {
    within: 'reward-windows/messages.ts handleWindowMessages',
    way: 'if: if (isCancellation(error))',
    why: GUARD,
  },
  { within: 'campaigns/state.ts OpenCampaign.act', way: 'action.by === undefined', why: GUARD },

  {
    within: 'failure-converter.ts FailureConverter.errorToFailure',
    way: 'holdsAddress',
    why: 'it changes how a failure is written; test/unit/failure-converter has it',
  },
  {
    within: 'versioning.ts versioned',
    way: 'versioningBehavior',
    why: 'a replay runs on an unversioned worker; test/temporal/versioning has it',
  },
];
