/** Where referrals are handed in: the ledger's answer, the signals to their process, and the view for the caller. */
import { BoonError } from '../../contracts/errors.ts';
import type { LinkUsed, ReferralRequest, ReferralView } from '../../contracts/referrals/referral.schema.ts';
import { type Referral, referralWorkflowId } from '../../contracts/referrals/referral.ts';
import type { Page, PageRequest } from '../../ledger/postgres/page.ts';
import type { Recorded } from '../../ledger/postgres/recorded.ts';
import type { ReferralFilter } from '../../ledger/referrals/search-referrals.ts';
import { type Principal, principalId } from '../callers/principal.ts';
import { createGiftTeller } from '../gifts/gift-teller.ts';
import { newId } from '../route/new-id.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { createReferralTeller } from './referral-teller.ts';
import { createReferralViewer, sideOf } from './referral-viewer.ts';

export interface ReferralDesk {
  invite(caller: Principal, request: ReferralRequest, key: string): Promise<Recorded<ReferralView>>;
  show(caller: Principal, referralId: string): Promise<ReferralView>;
  list(
    caller: Principal,
    referrerId: string,
    page: PageRequest,
    program?: string,
  ): Promise<Page<ReferralView>>;
  /** Invitations of all accounts. */
  search(caller: Principal, filter: ReferralFilter, page: PageRequest): Promise<Page<ReferralView>>;
  useLink(
    caller: Principal,
    referralId: string,
    used: LinkUsed,
    key: string,
  ): Promise<Recorded<ReferralView>>;
  resend(caller: Principal, referralId: string, key: string): Promise<Recorded<ReferralView>>;
  cancel(
    caller: Principal,
    referralId: string,
    reason: string | undefined,
    key: string,
  ): Promise<Recorded<ReferralView>>;
  clawBack(
    caller: Principal,
    referralId: string,
    reason: string,
    key: string,
  ): Promise<Recorded<ReferralView>>;
}

const BY_REFERRER = { fix: 'Have the referrer do it, or call it from your backend with an API key.' };

export function createReferralDesk(parts: ServerParts): ReferralDesk {
  const { ledger, referralProcess, starts, clock } = parts;
  const viewer = createReferralViewer(parts);
  const tellGifts = createGiftTeller(parts);
  const tellEnds = createReferralTeller(parts);
  const now = () => clock().toISOString();

  return {
    async invite(caller, { program, referrer_id, email }, key) {
      const at = clock();
      const id = newId('ref', at);
      const recorded = await ledger.invite({ key, at: at.toISOString(), id, program, referrer_id, email });
      const referral = recorded.value;
      // On a replay too: so a caller's own retry heals a crash between the ledger and the start.
      starts.add(referralWorkflowId(referral.id), 'start', async () =>
        // As it is by then: whoever changes it before the process runs finds nothing to signal.
        referralProcess.start(await ledger.findReferral(referral.id)),
      );
      return { value: await viewer.made(caller, referral), replayed: recorded.replayed };
    },

    async show(caller, referralId) {
      return viewer.show(caller, await visible(caller, referralId));
    },

    async list(caller, referrerId, page, program) {
      return viewer.page(caller, await ledger.listReferrals(referrerId, page, program, now()));
    },

    async search(caller, filter, page) {
      return viewer.page(caller, await ledger.searchReferrals(filter, page, now()));
    },

    async useLink(caller, referralId, used, key) {
      const recorded = await ledger.useLink({ key, at: now(), referral_id: referralId, ...used });
      // With those that lose the friend to this link.
      tellEnds(used.account_id);
      return await told(caller, recorded);
    },

    async resend(caller, referralId, key) {
      const referral = await visible(caller, referralId);
      requireReferrer(caller, referral);
      const known = await ledger.recordedResend(key, referralId);
      if (known !== undefined) return { value: await viewer.show(caller, known), replayed: true };
      if (referral.status !== 'invited') {
        throw new BoonError('already_resolved', 'The invitation no longer waits for the friend.');
      }
      await referralProcess.resend(referral, key);
      const { value, replayed } = await ledger.recordResend({ key, at: now(), referral_id: referralId });
      return { value: await viewer.show(caller, value), replayed };
    },

    async cancel(caller, referralId, reason, key) {
      requireReferrer(caller, await visible(caller, referralId));
      const recorded = await ledger.actOnReferral({
        key,
        at: now(),
        referral_id: referralId,
        action: 'cancel',
        // With a reason it is an operator's.
        ...(caller.kind === 'service' ? { reason } : {}),
        by: principalId(caller),
      });
      return await told(caller, recorded);
    },

    async clawBack(caller, referralId, reason, key) {
      const by = principalId(caller);
      const request = { key, at: now(), referral_id: referralId, action: 'claw_back', reason, by } as const;
      const recorded = await ledger.actOnReferral(request);
      for (const { account_id } of recorded.value.rewards) tellGifts(account_id, request.at);
      return await told(caller, recorded);
    },
  };

  /** Signals what the ledger did; on a replay the referral's present state, in case the first try missed it. */
  async function told(
    caller: Principal,
    { value, replayed }: Recorded<Referral>,
  ): Promise<Recorded<ReferralView>> {
    starts.add(referralWorkflowId(value.id), 'tell', async () =>
      referralProcess.changed(replayed ? await ledger.findReferral(value.id) : value),
    );
    return { value: await viewer.show(caller, value), replayed };
  }

  async function visible(caller: Principal, referralId: string): Promise<Referral> {
    const referral = await ledger.findReferral(referralId, now());
    const { referrer_id, friend_id } = referral;
    if (caller.kind === 'user' && caller.accountId !== referrer_id && caller.accountId !== friend_id) {
      // Worded like the ledger's refusal, so that an end user cannot tell another's referral from none.
      throw new BoonError('not_found', `There is no referral "${referralId}".`);
    }
    return referral;
  }
}

function requireReferrer(caller: Principal, referral: Referral): void {
  if (sideOf(caller, referral) === 'friend') {
    throw new BoonError('forbidden', 'Only the referrer can do this to an invitation.', BY_REFERRER);
  }
}
