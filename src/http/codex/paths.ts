/** Where Codex clients look: the same calls under two styles of base URL. */

/** The paths of a call such as `usage`. */
export function codexPaths(call: string): string[] {
  return [`/backend-api/wham/${call}`, `/api/codex/${call}`];
}

/** The paths of a call about invitations, which clients make without the style's prefix as well. */
export function invitePaths(call: string): string[] {
  return [`/backend-api/referrals/${call}`, ...codexPaths(`referrals/${call}`)];
}
