/** What a metered model call reports to Codex clients in its headers: the account's state after it. */
import type { CodexUsage, CodexWindow } from '../../contracts/codex/codex.schema.ts';

export function limitHeaders({
  rate_limit,
  credits,
  rate_limit_reached_type,
}: CodexUsage): Record<string, string> {
  return {
    ...windowHeaders('primary', rate_limit.primary_window),
    ...windowHeaders('secondary', rate_limit.secondary_window),
    'x-codex-credits-has-credits': String(credits?.has_credits ?? false),
    'x-codex-credits-unlimited': String(credits?.unlimited ?? false),
    'x-codex-credits-balance': credits?.balance ?? '0',
    ...(rate_limit_reached_type === null
      ? {}
      : { 'x-codex-rate-limit-reached-type': rate_limit_reached_type.type }),
  };
}

function windowHeaders(place: 'primary' | 'secondary', window: CodexWindow | null): Record<string, string> {
  if (window === null) return {};
  return {
    [`x-codex-${place}-used-percent`]: String(window.used_percent),
    [`x-codex-${place}-window-minutes`]: String(window.limit_window_seconds / 60),
    [`x-codex-${place}-reset-at`]: String(window.reset_at),
  };
}
