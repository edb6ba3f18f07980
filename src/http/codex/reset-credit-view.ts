/** A banked reset, as Codex clients show it: a credit for resetting the rate limits. */
import type { ResetCredit } from '../../contracts/codex/codex.schema.ts';
import type { Reset } from '../../contracts/resets/reset.schema.ts';

/** In the terms that clients know. */
const TITLE = 'Full reset (Weekly + 5 hr)';

const DESCRIPTIONS: Readonly<Record<Reset['source'], string>> = {
  complimentary: 'Comes with your plan.',
  referral: 'Earned by an invitation.',
  campaign: 'Given to every eligible account.',
  purchase: 'Bought.',
  gift: 'A gift from somebody.',
  grant: 'Granted by support.',
  return: 'Came back: the reset it was used for was due anyway.',
};

/** Undefined for a reset in a state that clients have no word for: on its way to somebody, given, expired, revoked. */
export function viewResetCredit(reset: Reset): ResetCredit | undefined {
  const { id, status, source, granted_at, expires_at, redeemed_at } = reset;
  if (status !== 'available' && status !== 'redeemed') return undefined;
  return {
    id,
    reset_type: 'codex_rate_limits',
    status,
    granted_at,
    expires_at,
    is_supported_by_plan: true,
    // A redemption is one transaction: it begins and ends at the same moment.
    redeem_started_at: redeemed_at,
    redeemed_at,
    title: TITLE,
    description: DESCRIPTIONS[source],
  };
}
