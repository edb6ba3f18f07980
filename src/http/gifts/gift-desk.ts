/**
 * Where gifts are handed in: the ledger's answer, the process that is started after it, and the view for the caller.
 */

import { BoonError } from '../../contracts/errors.ts';
import { type Gift, giftWorkflowId } from '../../contracts/gifts/gift.ts';
import { acceptedGift } from '../../contracts/gifts/gift-process.ts';
import type { Transfer, TransferRequest } from '../../contracts/gifts/transfer.schema.ts';
import { ResetIdSchema } from '../../contracts/primitives.schema.ts';
import { hasProcess } from '../../domain/gift-processes.ts';
import type { GiftAction } from '../../domain/gift-status.ts';
import type { GiftFilter } from '../../ledger/gifts/read-gifts.ts';
import type { Page, PageRequest } from '../../ledger/postgres/page.ts';
import type { Recorded } from '../../ledger/postgres/recorded.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { type Principal, principalId } from '../callers/principal.ts';
import { newId } from '../route/new-id.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { createTransferViewer } from './transfer-viewer.ts';

type ActionArguments = {
  reason?: string | undefined;
  token?: string | undefined;
  account_id?: string | undefined;
};

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
  const { ledger, giftProcess, giftProcesses = 'each', starts, clock, metrics } = parts;
  const viewer = createTransferViewer(parts);

  return {
    async accept(caller, request, key) {
      // Asked for beside the acceptance: the answer waits for one of the two, not for both.
      const fromName = ledger.nameOf(request.from);
      fromName.catch(() => undefined);
      const recorded = await counted(metrics, acceptInLedger(request, key));
      // On a replay too: so a caller's own retry heals a crash between the acceptance and the start.
      startProcess(recorded.value);
      const value = await viewer.made(caller, recorded.value, fromName);
      return { value, replayed: recorded.replayed };
    },

    async show(caller, giftId) {
      return viewer.show(caller, await visibleGift(caller, giftId));
    },

    async list(caller, filter, page) {
      return viewer.page(caller, await ledger.listGifts(filter, page));
    },

    async act(caller, giftId, action, more, key) {
      if (caller.kind === 'user' && action !== 'claim') await requireSender(caller.accountId, giftId);
      const by = principalId(caller);
      const request = { key, gift_id: giftId, action, at: clock().toISOString(), by, ...more };
      // A settled gift has no process any more: its reversal is the ledger's alone.
      const recorded =
        action === 'reverse' ? await ledger.actOnGift(request) : await giftProcess.act(request);
      const side = action === 'claim' ? 'recipient' : undefined;
      const value = await viewer.show(caller, recorded.value, side);
      return { value, replayed: recorded.replayed };
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
      reset_id: request.reset_id === undefined ? undefined : ResetIdSchema.decode(request.reset_id),
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

/** Must read like the ledger's own refusal, so that an end user cannot tell another's gift from none. */
function giftNotFound(giftId: string): BoonError {
  return new BoonError('not_found', `There is no transfer "${giftId}".`);
}

function notTheSender(): BoonError {
  const fix = 'Have the sender do it, or call it from your backend with an API key.';
  return new BoonError('forbidden', 'Only its sender can cancel a gift.', { fix });
}
