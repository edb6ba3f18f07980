/** Branches of the workflows' code that no saved history goes through, each with its reason. */

const VALIDATOR = 'a validator is asked before an update is accepted; a history has only the acceptance';
const QUERY = 'a query leaves nothing in a history';
const GUARD = 'the code around it excludes it; it is there for the types';

/**
 * `within` is a file and a function, and takes in the functions inside; `way` is a part of what the branch begins with.
 * An exception that excepts nothing any more is a fault as well.
 */
export const UNREACHED: readonly { within: string; way?: string; why: string }[] = [
  { within: 'billing-cycle.ts handleMessages', way: 'setHandler(billingStatusQuery', why: QUERY },
  { within: 'campaign-actions.ts handleCampaignActions', way: 'campaign.progress', why: QUERY },
  { within: 'gift-actions.ts handleActions', way: 'gift.progress', why: QUERY },
  { within: 'open-gift.ts OpenGift.progress', why: QUERY },
  { within: 'open-referral.ts OpenReferral.progress', why: QUERY },
  {
    within: 'purchase-messages.ts handlePurchaseMessages',
    way: 'setHandler(purchaseStatusQuery',
    why: QUERY,
  },
  { within: 'referral-messages.ts handleReferralMessages', way: 'referral.progress', why: QUERY },
  { within: 'refund-messages.ts handleRefundMessages', way: 'setHandler(refundStatusQuery', why: QUERY },
  { within: 'running-campaign.ts RunningCampaign.progress', why: QUERY },
  { within: 'window-messages.ts handleWindowMessages', way: 'setHandler(windowStatusQuery', why: QUERY },

  { within: 'campaign-actions.ts handleCampaignActions.validator', why: VALIDATOR },
  { within: 'gift-actions.ts handleActions.validator', why: VALIDATOR },
  { within: 'gift-input.ts checkArguments', why: VALIDATOR },
  { within: 'open-purchase.ts OpenPurchase.checkCancel', why: VALIDATOR },
  { within: 'open-referral.ts OpenReferral.checkResend', why: VALIDATOR },
  { within: 'open-refund.ts OpenRefund.checkPending', why: VALIDATOR },
  { within: 'purchase-messages.ts handlePurchaseMessages.validator', why: VALIDATOR },
  { within: 'referral-input.ts checkPlaces', why: VALIDATOR },
  { within: 'referral-messages.ts handleReferralMessages.validator', why: VALIDATOR },
  { within: 'refund-messages.ts handleRefundMessages.validator', why: VALIDATOR },
  { within: 'window-messages.ts handleWindowMessages.validator', why: VALIDATOR },

  {
    within: 'begun-anew.ts isBegunAnew',
    way: '||',
    why: 'the length of the history is asked for only where the task is done for the first time',
  },
  { within: 'campaign-actions.ts handleCampaignActions', way: 'uuid4()', why: GUARD },
  { within: 'duties.ts textOf', way: 'error instanceof ActivityFailure', why: GUARD },
  { within: 'duties.ts textOf', way: 'String(cause)', why: GUARD },
  { within: 'open-billing-month.ts OpenBillingMonth.nextRun', way: '?', why: GUARD },
  {
    within: 'open-billing-month.ts collected',
    way: 'if: if (!(error instanceof ActivityFailure))',
    why: GUARD,
  },
  { within: 'open-billing-month.ts mailed', way: 'if: if (!(error instanceof ActivityFailure))', why: GUARD },
  { within: 'open-gift.ts OpenGift.waitForDeadline', way: 'return false', why: GUARD },
  { within: 'open-gift.ts OpenGift.result', way: 'throw this.#refusal', why: GUARD },
  { within: 'open-gift.ts OpenGift.become', way: 'There is no gift yet', why: GUARD },
  { within: 'open-gift.ts OpenGift.show', way: 'this.#gift === undefined', why: GUARD },
  { within: 'open-purchase.ts OpenPurchase.nextRun', way: '?', why: GUARD },
  { within: 'open-refund.ts OpenRefund.nextRun', way: ': ...(this.#askAt', why: GUARD },
  { within: 'open-refund.ts OpenRefund.nextRun', way: '?: ...(refused', why: GUARD },
  { within: 'open-refund.ts OpenRefund.left', way: '?', why: GUARD },
  { within: 'refusal.ts refusalOf', way: "'internal'", why: GUARD },
  { within: 'running-campaign.ts RunningCampaign.result', way: 'not looked at yet', why: GUARD },
  { within: 'running-campaign.ts RunningCampaign.runPages', way: "'Pages'", why: GUARD },
  { within: 'window-messages.ts handleWindowMessages', way: 'if: if (isCancellation(error))', why: GUARD },
  { within: 'running-campaign.ts RunningCampaign.act', way: 'action.by === undefined', why: GUARD },

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
