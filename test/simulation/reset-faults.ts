/** Faults of banked resets: of late runs, of what comes back, of clocks that differ. */
import type { Fault } from './fault.ts';

export const RESET_FAULTS: readonly Fault[] = [
  {
    name: 'a late redemption gives back what was used since',
    part: 'programs',
    function: 'window_at',
    find: 'u.account_id = p_account AND u.at <= p_at AND',
    replace: 'u.account_id = p_account AND',
  },
  {
    name: 'a late redemption restores a window that opened since',
    part: 'programs',
    function: 'window_at',
    find: 'WHERE x.counts_from <= p_at AND',
    replace: 'WHERE',
  },
  {
    name: 'a late redemption spends a reset on what was used after its expiry',
    part: 'programs',
    function: 'was_to_be_redeemed',
    find: 'boon_code.window_at((r).account_id, k.kind, boon_code.last_moment_of(r)) w',
    replace: "boon_code.window_at((r).account_id, k.kind, 'infinity') w",
  },
  {
    name: 'a late redemption asks what the account is now',
    part: 'programs',
    function: 'redeeming_plan_at',
    find: 'boon_code.account_at(a.id, p_at) h',
    replace: "boon_code.account_at(a.id, 'infinity') h",
  },
  {
    name: 'a reset that was to be redeemed expires',
    part: 'programs',
    function: 'is_expiry_due',
    find: 'AND boon_code.was_to_be_redeemed(r, p_policy)',
    replace: 'AND false',
  },
  {
    name: 'a reset that comes back late has less than its day',
    part: 'programs',
    function: 'post_returns',
    find: ', x.at + p.return_within, p_at + p.return_within)',
    replace: ', x.at + p.return_within)',
  },
  {
    name: 'a given reset that came back is given on',
    part: 'programs',
    function: 'reset_gift_refused',
    find: 'boon_code.reset_was_given(r)',
    replace: "r.source = 'gift'",
  },
  {
    name: 'the last day of a reset that came back is not told',
    part: 'programs',
    function: 'is_reminded',
    find: "'1 day'::interval",
    replace: "'-1 day'::interval",
  },
  {
    name: 'a window is restored before it opened',
    part: 'programs',
    function: 'redeem_resets',
    find: 'greatest(q.at, five.started_at, five.counts_from, week.started_at, week.counts_from) AS at',
    replace: 'q.at AS at',
  },
];
