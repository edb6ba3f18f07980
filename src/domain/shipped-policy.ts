import type { Policy } from './policy.ts';

/** The policy Boon ships with; `BOON_POLICY` is merged over it. */
export const SHIPPED_POLICY: Policy = {
  gifts: {
    settlement: 'PT24H',
    claim_window: 'P14D',
    identity_required: true,
    min_account_age: 'P7D',
    limits: {
      per_day: { count: 10, amount: '1000' },
      per_month: { count: 50, amount: '5000' },
    },
    min: '1',
    max: '1000',
    recipient_must_be_new: false,
    new_within: 'P30D',
    gifted_credits_valid_for: 'P12M',
    regift: false,
    hold_at_most: 'P14D',
    returned_credits_valid_for: 'P7D',
    promotional_quota: { count: 3, amount: '100' },
    screening: {
      velocity: { verdict: 'hold', gifts: 5, within: 'PT1H' },
      new_account: { verdict: 'hold', younger_than: 'P30D', above: '500' },
      shared_fingerprint: { verdict: 'hold' },
      fan_in: { verdict: 'hold', senders: 10, within: 'P7D' },
      fan_out: { verdict: 'hold', recipients: 8, within: 'P1D' },
      circle: { verdict: 'hold', within: 'P30D' },
    },
  },
};
