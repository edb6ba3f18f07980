/** Limits and credits, as Codex clients show them. */
import type { CodexUsage, CodexWindow, ReachedType } from '../../contracts/codex/codex.schema.ts';
import type { PlanLimits, Windows } from '../../contracts/resets/reset.schema.ts';
import { formatCredits, MAX_MICRO_CREDITS, parseCredits } from '../../domain/credits.ts';
import { WINDOW_LENGTH_MS, type WindowKind } from '../../domain/usage-window.ts';
import type { CreditMeans } from '../../ledger/usage/credit-means.ts';
import type { CodexPerson } from './caller.ts';

type Window = Windows[WindowKind];

/** @param now the moment that `limits` and `means` were read for. */
export function viewUsage(
  limits: PlanLimits,
  means: CreditMeans,
  person: CodexPerson,
  now: Date,
): CodexUsage {
  const { five_hour, weekly } = limits.windows;
  const reached = isUsedUp(five_hour) || isUsedUp(weekly);
  const allowed = reached ? means.refused === null : means.refused !== 'account_frozen';
  const resettable = isResettable(five_hour) || isResettable(weekly);
  return {
    plan_type: limits.plan,
    account_id: person.accountId,
    user_id: person.userId,
    email: person.email,
    rate_limit: {
      allowed,
      limit_reached: reached,
      primary_window: viewWindow('five_hour', five_hour, now),
      secondary_window: viewWindow('weekly', weekly, now),
    },
    credits:
      means.refused === 'not_paid_by_credits'
        ? null
        : { has_credits: means.payable !== '0', unlimited: means.unlimited, balance: limits.available },
    spend_control: viewSpending(means.spending, now),
    rate_limit_reached_type: allowed ? null : { type: reachedType(means) },
    rate_limit_reset_credits: {
      available_count: limits.resets_available,
      applicable_available_count: resettable ? limits.resets_available : 0,
    },
    additional_rate_limits: [],
    promo: null,
  };
}

/** A window without a limit is none. One that is not open would end a whole length from now. */
function viewWindow(kind: WindowKind, window: Window, now: Date): CodexWindow | null {
  if (window.limit === null) return null;
  const length = WINDOW_LENGTH_MS[kind];
  const endsAt = window.resets_at === null ? now.getTime() + length : Date.parse(window.resets_at);
  return {
    used_percent: usedPercent(window.used, window.limit),
    limit_window_seconds: length / 1000,
    reset_after_seconds: wholeSeconds(endsAt - now.getTime()),
    reset_at: wholeSeconds(endsAt),
  };
}

function viewSpending(spending: CreditMeans['spending'], now: Date): CodexUsage['spend_control'] {
  if (spending === null) return null;
  const { limit, spent, resets_at } = spending;
  const remaining = micro(limit) - micro(spent);
  const used_percent = usedPercent(spent, limit);
  const endsAt = Date.parse(resets_at);
  return {
    reached: remaining <= 0n,
    individual_limit: {
      limit,
      used: spent,
      remaining: formatCredits(remaining > 0n ? remaining : 0n),
      used_percent,
      remaining_percent: 100 - used_percent,
      reset_after_seconds: wholeSeconds(endsAt - now.getTime()),
      reset_at: wholeSeconds(endsAt),
    },
  };
}

/** Of a member of an organisation, whether what it pays with or the member's part of that is gone. */
function reachedType({ refused, member }: CreditMeans): ReachedType {
  if (refused === 'member_limit') return 'workspace_member_usage_limit_reached';
  const isGone = refused === 'invoice_ceiling' || (refused === 'no_credits' && member);
  return isGone ? 'workspace_member_credits_depleted' : 'rate_limit_reached';
}

/** Rounded up, so that who waits until then does not come too early. */
export function wholeSeconds(milliseconds: number): number {
  return Math.max(0, Math.ceil(milliseconds / 1000));
}

/** Whole percent, of which 0 says that nothing is used and 100 that nothing is left; all else lies between them. */
function usedPercent(used: string, limit: string): number {
  const [part, whole] = [micro(used), micro(limit)];
  if (part >= whole) return 100;
  if (part === 0n) return 0;
  const rounded = Number((part * 100n + whole / 2n) / whole);
  return Math.min(99, Math.max(1, rounded));
}

/** Of a window without a limit there is nothing to reset. */
function isResettable({ used, limit }: Window): boolean {
  return limit !== null && used !== '0';
}

function isUsedUp({ used, limit }: Window): boolean {
  return limit !== null && micro(used) >= micro(limit);
}

function micro(credits: string): bigint {
  return parseCredits(credits) ?? MAX_MICRO_CREDITS;
}
