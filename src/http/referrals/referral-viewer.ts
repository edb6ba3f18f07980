/** Referrals as their callers see them, with the names and addresses that the views need. */
import type { ReferralView } from '../../contracts/referrals/referral.schema.ts';
import type { Referral } from '../../contracts/referrals/referral.ts';
import type { Page } from '../../ledger/postgres/page.ts';
import type { Principal } from '../callers/principal.ts';
import { shownTo } from '../callers/secrets.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { type InvitationAddress, type ReferralSide, viewReferral } from './referral-view.ts';

export type ReferralViewer = {
  /** What a caller sees who looks at the referral. */
  show(caller: Principal, referral: Referral): Promise<ReferralView>;
  /** What a caller sees who has just made it: the address that they wrote, and the link to pass on. */
  made(caller: Principal, referral: Referral): Promise<ReferralView>;
  /** A page of referrals: their addresses are read at once. */
  page(caller: Principal, referrals: Page<Referral>): Promise<Page<ReferralView>>;
};

export function createReferralViewer({ ledger, publicUrl }: ServerParts): ReferralViewer {
  type Shown = (address: InvitationAddress | undefined) => InvitationAddress | undefined;
  const shownToCaller =
    (caller: Principal): Shown =>
    (address) =>
      shownTo(caller, 'referrals:secrets', address);

  async function view(caller: Principal, referral: Referral, shown: Shown): Promise<ReferralView> {
    const side = sideOf(caller, referral);
    const [addresses, referrer_name] = await Promise.all([
      side === 'friend' ? undefined : ledger.referralAddresses([referral.id]),
      ledger.nameOf(referral.referrer_id),
    ]);
    const address = shown(addresses?.get(referral.id));
    return viewReferral(referral, side, { publicUrl, address, referrer_name });
  }

  return {
    show: (caller, referral) => view(caller, referral, shownToCaller(caller)),
    made: (caller, referral) => view(caller, referral, (address) => address),
    async page(caller, { data, next_cursor }) {
      if (data.length === 0) return { data: [], next_cursor };
      const addresses = await ledger.referralAddresses(data.map(({ id }) => id));
      const referrers = [...new Set(data.map(({ referrer_id }) => referrer_id))];
      const names = new Map(
        await Promise.all(referrers.map(async (id) => [id, await ledger.nameOf(id)] as const)),
      );
      const views = data.map((one) => {
        const referrer_name = names.get(one.referrer_id) ?? null;
        const address = shownToCaller(caller)(addresses.get(one.id));
        return viewReferral(one, sideOf(caller, one), { publicUrl, address, referrer_name });
      });
      return { data: views, next_cursor };
    },
  };
}

/** On which side of a referral a caller is who may see it. */
export function sideOf(caller: Principal, referral: Referral): ReferralSide {
  if (caller.kind === 'service') return 'service';
  return caller.accountId === referral.referrer_id ? 'referrer' : 'friend';
}
