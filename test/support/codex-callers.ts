/** Calls as Codex clients make them: with a token of theirs, and a header that names the account. */
import { UnsecuredJWT } from 'jose';
import type { TestServer } from './test-server.ts';

export const AUTH_CLAIM = 'https://api.openai.com/auth';

/** Claims of a Codex client's token for an account, valid for a year from `now` on. */
export function codexClaims(accountId: string, now: Date): Record<string, unknown> {
  const seconds = Math.floor(now.getTime() / 1000);
  return {
    sub: `auth0|${accountId}`,
    email: `${accountId}@example.com`,
    iat: seconds,
    exp: seconds + 365 * 86_400,
    [AUTH_CLAIM]: {
      chatgpt_account_id: accountId,
      chatgpt_plan_type: 'plus',
      chatgpt_user_id: `user-of-${accountId}`,
    },
  };
}

export function codexToken(accountId: string, now: Date, more: Record<string, unknown> = {}): string {
  return new UnsecuredJWT({ ...codexClaims(accountId, now), ...more }).encode();
}

/** One account's client: `GET`s and `POST`s under a base URL of its own. */
export function codexClient(server: TestServer, accountId: string, base = '/backend-api/wham') {
  const as = codexToken(accountId, server.time.now);
  const headers = { 'chatgpt-account-id': accountId };
  return {
    get: (call: string) => server.send('GET', `${base}/${call}`, { as, headers }),
    post: (call: string, body: unknown) =>
      server.send('POST', `${base}/${call}`, { as, headers, body, key: null }),
  };
}
