/** What an API key may do. */
export const SCOPES = [
  'accounts:read',
  'accounts:write',
  'grants:write',
  'gifts:read',
  'gifts:write',
  'gifts:operate',
  'gifts:secrets',
  'referrals:read',
  'referrals:write',
  'referrals:operate',
  'referrals:secrets',
  'activity:write',
  'payloads:decode',
  'resets:read',
  'resets:write',
  'usage:write',
  'purchases:read',
  'purchases:write',
  'purchases:operate',
  'invoices:operate',
  'campaigns:read',
  'campaigns:operate',
  'policy:read',
  'stuck:operate',
  'keys:write',
  'keys:rotate',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Every scope, those of later versions too. */
export const EVERY_SCOPE = '*';
export type GrantedScope = Scope | typeof EVERY_SCOPE;

/** Whether what was granted covers what is asked for. */
export function covers(granted: readonly GrantedScope[], asked: GrantedScope): boolean {
  return granted.includes(EVERY_SCOPE) || granted.includes(asked);
}
