/**
 * Where gifts are handed in: the ledger's answer, the process that is started after it, and the view for the caller.
 */

import { BoonError } from '../../contracts/errors.ts';
import { type Gift, giftWorkflowId } from '../../contracts/gifts/gift.ts';
import { acceptedGift } from '../../contracts/gifts/gift-process.ts';
import type { Transfer, TransferRequest } from '../../contracts/gifts/transfer.schema.ts';
import { hasProcess } from '../../domain/gift-processes.ts';
import type { GiftAction } from '../../domain/gift-status.ts';
import type { GiftFilter } from '../../ledger/gifts/read-gifts.ts';
import type { Page, PageRequest } from '../../ledger/postgres/page.ts';
import type { Recorded } from '../../ledger/postgres/recorded.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { type Principal, principalId } from '../callers/principal.ts';
import { shownTo } from '../callers/secrets.ts';
import { newId } from '../route/new-id.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { type GiftAddress, needsAddress, type Side, viewTransfer } from './transfer-view.ts';

type ActionArguments = {
  reason?: string | undefined;
  token?: string | undefined;
  account_id?: string | undefined;
};

/** Claim links and whole addresses of gifts that the caller has not just made. */
const shownToCaller = (caller: Principal) => (address: GiftAddress | undefined) =>
  shownTo(caller, 'gifts:secrets', address);

export interface GiftDesk {
  accept(caller: Principal, request: TransferRequest, key: string): Promise<Recorded<Transfer>>;
  show(caller: Principal, giftId: string): Promise<Transfer>;
  list(caller: Principal, filter: GiftFilter, page: PageRequest): Promise<Page<Transfer>>;
  /** Does something to a gift; an end user may cancel what they sent and claim for themselves. */
  act(
    caller: Principal,
    giftId: string,
    action: GiftAction,
    more: ActionArguments,
    key: string,
  ): Promise<Recorded<Transfer>>;
}

export function createGiftDesk(parts: ServerParts): GiftDesk {
  const { ledger, giftProcess, giftProcesses = 'each', starts, clock, metrics, publicUrl } = parts;
  const now = () => clock().toISOString();

  return {
    async accept(caller, request, key) {
      // Asked for beside the acceptance: the answer waits for one of the two, not for both.
      const fromName = ledger.nameOf(request.from);
      fromName.catch(() => undefined);
      const recorded = await counted(metrics, acceptInLedger(request, key));
      // On a replay too: so a caller's own retry heals a crash between the acceptance and the start.
      startProcess(recorded.value);
      // The caller wrote the address, and is the one who passes on the link.
      const value = await viewFor(
        sideOf(caller, recorded.value),
        recorded.value,
        (address) => address,
        fromName,
      );
      return { value, replayed: recorded.replayed };
    },

    async show(caller, giftId) {
      return view(caller, await visibleGift(caller, giftId));
    },

    async list(caller, filter, page) {
      const gifts = await ledger.listGifts(filter, page);
      const wanting = gifts.data.filter((gift) => needsAddress(gift, sideOf(caller, gift)));
      const addresses =
        wanting.length > 0 ? await ledger.giftAddresses(wanting.map((gift) => gift.id)) : new Map();
      const at = now();
      const data = await Promise.all(
        gifts.data.map(async (gift) => {
          const from_name = await ledger.nameOf(gift.from);
          const address = shownToCaller(caller)(addresses.get(gift.id));
          const parts = { publicUrl, at, address, from_name };
          return viewTransfer(gift, sideOf(caller, gift), parts);
        }),
      );
      return { data, next_cursor: gifts.next_cursor };
    },

    async act(caller, giftId, action, more, key) {
      if (caller.kind === 'user' && action !== 'claim') await requireSender(caller.accountId, giftId);
      const by = principalId(caller);
      const request = { key, gift_id: giftId, action, at: clock().toISOString(), by, ...more };
      // A settled gift has no process any more: its reversal is the ledger's alone.
      const recorded =
        action === 'reverse' ? await ledger.actOnGift(request) : await giftProcess.act(request);
      const side = action === 'claim' ? 'recipient' : sideOf(caller, recorded.value);
      return {
        value: await viewFor(side, recorded.value, shownToCaller(caller)),
        replayed: recorded.replayed,
      };
    },
  };

  function acceptInLedger(request: TransferRequest, key: string): Promise<Recorded<Gift>> {
    const now = clock();
    return ledger.acceptGift({
      key,
      at: now.toISOString(),
      id: newId('gft', now),
      from: request.from,
      to: request.to,
      amount: request.amount ?? '0',
      reset_id: request.reset_id,
      funding: request.funding ?? 'transfer',
      message: request.message ?? null,
    });
  }

  function startProcess(gift: Gift): void {
    const accepted = acceptedGift(gift);
    if (accepted !== undefined && hasProcess(giftProcesses, accepted))
      starts.add(giftWorkflowId(gift.id), 'start', () => giftProcess.start(accepted));
  }

  async function visibleGift(caller: Principal, giftId: string): Promise<Gift> {
    const gift = await ledger.findGift(giftId);
    if (caller.kind === 'user' && gift.from !== caller.accountId && gift.to !== caller.accountId) {
      throw giftNotFound(giftId);
    }
    return gift;
  }

  async function requireSender(accountId: string, giftId: string): Promise<void> {
    const gift = await visibleGift({ kind: 'user', accountId }, giftId);
    if (gift.from !== accountId) throw notTheSender();
  }

  function view(caller: Principal, gift: Gift): Promise<Transfer> {
    return viewFor(sideOf(caller, gift), gift, shownToCaller(caller));
  }

  async function viewFor(
    side: Side,
    gift: Gift,
    shown: (address: GiftAddress | undefined) => GiftAddress | undefined,
    fromName: Promise<string | null> = ledger.nameOf(gift.from),
  ): Promise<Transfer> {
    const [address, from_name] = await Promise.all([
      needsAddress(gift, side) ? ledger.giftAddress(gift.id) : undefined,
      fromName,
    ]);
    return viewTransfer(gift, side, { publicUrl, at: now(), address: shown(address), from_name });
  }
}

/** Counts how an acceptance ended. */
async function counted(metrics: Metrics, acceptance: Promise<Recorded<Gift>>): Promise<Recorded<Gift>> {
  try {
    const recorded = await acceptance;
    metrics.gifts.inc({ outcome: recorded.replayed ? 'replayed' : 'accepted' });
    return recorded;
  } catch (error) {
    metrics.gifts.inc({ outcome: error instanceof BoonError ? error.code : 'internal' });
    throw error;
  }
}

function sideOf(caller: Principal, gift: Gift): Side {
  if (caller.kind === 'service') return 'service';
  return caller.accountId === gift.from ? 'sender' : 'recipient';
}

/** Must read like the ledger's own refusal, so that an end user cannot tell another's gift from none. */
function giftNotFound(giftId: string): BoonError {
  return new BoonError('not_found', `There is no transfer "${giftId}".`);
}

function notTheSender(): BoonError {
  const fix = 'Have the sender do it, or call it from your backend with an API key.';
  return new BoonError('forbidden', 'Only its sender can cancel a gift.', { fix });
}
