/** Several invitations in one call: each is taken or refused by itself. */
import type { Invited } from '../../contracts/codex/codex-invite.schema.ts';
import { BoonError } from '../../contracts/errors.ts';
import type { Principal } from '../callers/principal.ts';
import type { ReferralDesk } from '../referrals/referral-desk.ts';

/**
 * Invites every address once, in the order given.
 * @throws BoonError the first refusal, when no invitation was taken; what is trouble on our side at once.
 */
export async function inviteEach(
  desk: ReferralDesk,
  caller: Principal,
  accountId: string,
  { program_id, emails }: { program_id: string; emails: string[] },
  key: string,
): Promise<Invited> {
  const answer: Invited = { invites: [], failed_emails: [], failures: [] };
  let firstRefusal: BoonError | undefined;
  for (const [i, email] of [...new Set(emails)].entries()) {
    try {
      const request = { program: program_id, referrer_id: accountId, email };
      const { value } = await desk.invite(caller, request, `${key}:${i}`);
      answer.invites.push({ referral_id: value.id, email, invite_url: value.link ?? null });
    } catch (error) {
      if (!(error instanceof BoonError) || error.status >= 500) throw error;
      firstRefusal ??= error;
      answer.failed_emails.push(email);
      answer.failures.push({ email, code: error.code, detail: error.message });
    }
  }
  if (answer.invites.length === 0 && firstRefusal !== undefined) throw firstRefusal;
  return answer;
}
