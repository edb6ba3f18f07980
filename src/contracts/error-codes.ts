/**
 * Every way Boon refuses, as a closed list: the code, its HTTP status, whether the same call may succeed later
 * without a change, and what a person can do. `docs/errors.md` is written from this table.
 */
export type ErrorEntry = {
  status: number;
  title: string;
  /** Whether sending the same request again, unchanged, can succeed. */
  retryable: boolean;
  /** What a person can do about it. */
  fix: string;
};

export const ERRORS = {
  validation_failed: entry(400, 'The request is not valid', false, 'Fix the fields that `errors` lists.'),
  idempotency_key_required: entry(
    400,
    'An Idempotency-Key header is required',
    false,
    'Send an Idempotency-Key header: one new random value per intended operation, the same for its retries.',
  ),
  unauthorized: entry(
    401,
    'Not authenticated',
    false,
    'Send a valid API key or token as `Authorization: Bearer …`.',
  ),
  forbidden: entry(403, 'Not allowed', false, 'Use a key with the scope that `detail` names.'),
  not_found: entry(
    404,
    'Not found',
    false,
    'Check the id or the name; an end user sees only what belongs to them.',
  ),
  method_not_allowed: entry(
    405,
    'The method is not allowed here',
    false,
    'Use a method that the `Allow` header names.',
  ),
  payload_too_large: entry(413, 'The body is too large', false, 'Send a smaller body.'),
  unsupported_media_type: entry(415, 'The body is not JSON', false, 'Send `Content-Type: application/json`.'),
  precondition_failed: entry(
    412,
    'It has changed since',
    false,
    'Read it again, and send the change with the ETag that it has now.',
  ),
  idempotency_mismatch: entry(
    422,
    'This Idempotency-Key was used with another request',
    false,
    'Use a new Idempotency-Key for a new operation.',
  ),
  insufficient_credits: entry(409, 'Not enough credits', false, 'Give less, or add credits first.'),
  not_giftable: entry(
    409,
    'These credits cannot be given away',
    false,
    'Credits that were gifted, or granted as not giftable, stay with their owner; give purchased credits.',
  ),
  identity_unverified: entry(
    403,
    'The sender is not identity-verified',
    false,
    'Verify the identity of the sender, then try again with a new key.',
  ),
  gift_limit_exceeded: entry(
    409,
    'Over the gift limit',
    false,
    'See `detail` for the limit that was reached.',
  ),
  self_gift: entry(409, 'A gift to yourself', false, 'Choose another recipient.'),
  account_frozen: entry(
    403,
    'The account is frozen',
    false,
    'Have an operator look at the account and unfreeze it.',
  ),
  recipient_ineligible: entry(
    409,
    'The recipient cannot receive this gift',
    false,
    'Choose another recipient.',
  ),
  account_full: entry(
    409,
    'The account cannot be given so many credits',
    false,
    'Give at most what `detail` names, or use another account: one account can receive 4,000,000,000,000 credits in total.',
  ),
  gift_denied: entry(403, 'The gift was screened out', false, 'See `reason_code`; an operator can say more.'),
  gift_held: entry(
    409,
    'The gift is being looked at',
    false,
    'Wait for the hold to end, or ask an operator.',
  ),
  already_settled: entry(
    409,
    'The gift is already settled',
    false,
    'Nothing to do; an operator can reverse it.',
  ),
  already_resolved: entry(409, 'The gift has already ended', false, 'Nothing to do.'),
  not_settled: entry(
    409,
    'The gift is not settled',
    false,
    'Cancel or reject an open gift; only a settled one is reversed.',
  ),
  not_held: entry(409, 'The gift is not held', false, 'Only a held gift can be released.'),
  claim_invalid: entry(409, 'The claim link does not work', false, 'Check the link; each works once.'),
  claim_expired: entry(410, 'The claim link has expired', false, 'Ask the sender for a new gift.'),
  link_invalid: entry(403, 'The link does not work', false, 'Open the whole link, as it was given to you.'),
  link_expired: entry(
    410,
    'The link has expired',
    false,
    'Ask for a new link: the next refused use has one.',
  ),
  limit_reached: entry(
    429,
    'The usage limit is reached',
    true,
    'See `detail` for what would let the use through.',
  ),
  rate_limited: entry(429, 'Too many requests', true, 'Wait as long as Retry-After says.'),
  program_closed: entry(409, 'The program is closed', false, 'See the program’s dates.'),
  plan_ineligible: entry(409, 'The plan does not take part', false, 'Change to an eligible plan.'),
  not_in_cohort: entry(409, 'The account was not chosen for this program', false, 'Nothing to do.'),
  invite_limit_reached: entry(
    409,
    'No invitation is left',
    false,
    'Wait until an invitation expires or cancel one.',
  ),
  reward_cap_reached: entry(409, 'No reward is left this month', false, 'Wait for the next billing month.'),
  window_closed: entry(409, 'The billing month is over', false, 'Look at the account’s current month.'),
  already_qualified: entry(
    409,
    'The friend has qualified',
    false,
    'Nothing to do: the reward is on its way; an operator can take it back afterwards.',
  ),
  not_rewarded: entry(
    409,
    'The referral was not rewarded',
    false,
    'Only a reward that was given is taken back.',
  ),
  clawback_too_late: entry(409, 'The time to take the reward back is over', false, 'Nothing to do.'),
  already_active: entry(
    409,
    'The friend is already active',
    false,
    'Invite someone who is new, or who has been away long enough.',
  ),
  self_referral: entry(409, 'You cannot refer yourself', false, 'Invite someone else.'),
  duplicate_referral: entry(409, 'The friend is already invited', false, 'Invite someone else.'),
  resend_limit_reached: entry(
    409,
    'The invitation was mailed too often',
    false,
    'Send its link to the friend yourself.',
  ),
  disposable_address: entry(409, 'The address is disposable', false, 'Use a permanent address.'),
  campaign_ended: entry(
    409,
    'The campaign has ended',
    false,
    'Start another campaign, or resume one that was canceled.',
  ),
  payments_off: entry(
    409,
    'Payments are not set up here',
    false,
    'Have an operator set STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET, or BOON_DEMO_PAYMENTS to try it out.',
  ),
  payment_refused: entry(
    409,
    'The payment provider refused',
    false,
    'See `detail`; try again with another package, or ask an operator.',
  ),
  payment_pending: entry(
    409,
    'A payment is on its way',
    true,
    'Wait for the bank’s answer; what was paid can be refunded.',
  ),
  case_closed: entry(409, 'The case is closed already', false, 'See `detail` for who closed it, and why.'),
  card_required: entry(
    409,
    'No card is stored',
    false,
    'Buy a package with `save_card` first, then consent to top-ups.',
  ),
  not_paid: entry(
    409,
    'The purchase is not paid',
    false,
    'Only what was paid can be refunded; an open purchase expires.',
  ),
  over_refund: entry(
    409,
    'More than can still be refunded',
    false,
    'See `detail` for what is left; nothing goes back twice.',
  ),
  already_spent: entry(
    409,
    'Part of what was bought is spent',
    false,
    'Refund at most the `amount` that `errors` names, or send `include_spent`: credits that were spent are then owed.',
  ),
  invoice_closed: entry(
    409,
    'The invoice is not open',
    false,
    'See `reason_code`: what is paid, credited in whole or void can be neither paid nor corrected.',
  ),
  over_open_amount: entry(
    409,
    'More than the open amount of the invoice',
    false,
    'Credit at most the `open` amount of the invoice.',
  ),
  webhook_invalid: entry(
    400,
    'The webhook is not signed correctly',
    false,
    'Check that STRIPE_WEBHOOK_SECRET is the signing secret of this endpoint.',
  ),
  internal: entry(
    500,
    'Something went wrong on our side',
    true,
    'Try again, a POST with the same Idempotency-Key: nothing is done twice.',
  ),
  unavailable: entry(
    503,
    'Not available just now',
    true,
    'Try again after the seconds that Retry-After names, a POST with the same Idempotency-Key.',
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

function entry(status: number, title: string, retryable: boolean, fix: string): ErrorEntry {
  return { status, title, retryable, fix };
}

/** Whether a text is one of Boon's codes. */
export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(ERRORS, text);
}
