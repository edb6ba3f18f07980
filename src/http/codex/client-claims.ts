/** Whom a Codex client speaks for, by its user's token and its `ChatGPT-Account-Id` header. */
import type { JWTPayload } from 'jose';
import { z } from 'zod';
import { AccountIdSchema } from '../../contracts/primitives.schema.ts';
import { accountNotFound, type UserPrincipal } from '../callers/principal.ts';

/** Where tokens of Codex clients name the account. */
const AUTH_CLAIM = 'https://api.openai.com/auth';

const AuthClaimSchema = z.object({
  chatgpt_account_id: z.unknown(),
  chatgpt_user_id: z.string().optional().catch(undefined),
});

/**
 * The account is the one that the token names: in the claim that Codex clients read, else in the claim of all other
 * tokens. A header chooses between the two and can name no third: that one is `not_found`.
 * @param accountClaim the claim of all other tokens, `sub` unless it is set otherwise.
 * @returns undefined when the token names no account.
 */
export function codexCaller(
  payload: JWTPayload,
  accountClaim: string,
  header: string | undefined,
): UserPrincipal | undefined {
  const auth = AuthClaimSchema.safeParse(payload[AUTH_CLAIM]).data;
  const own = [auth?.chatgpt_account_id, payload[accountClaim]].flatMap(
    (claimed) => AccountIdSchema.safeParse(claimed).data ?? [],
  );
  const [first] = own;
  if (first === undefined) return undefined;
  const accountId = header === undefined ? first : own.find((id) => id === header);
  if (accountId === undefined) throw accountNotFound(header ?? first);
  const email = z.string().safeParse(payload.email).data ?? null;
  return {
    kind: 'user',
    accountId,
    person: { id: auth?.chatgpt_user_id ?? payload.sub ?? accountId, email },
  };
}
