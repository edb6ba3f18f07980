/** Gifts as their callers see them, with the names and addresses that the views need. */
import type { Gift } from '../../contracts/gifts/gift.ts';
import type { Transfer } from '../../contracts/gifts/transfer.schema.ts';
import type { Page } from '../../ledger/postgres/page.ts';
import type { Principal } from '../callers/principal.ts';
import { shownTo } from '../callers/secrets.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { needsAddress, type Side, viewTransfer } from './transfer-view.ts';

export type TransferViewer = {
  /** What a caller sees who looks at the gift, or from another side than their own. */
  show(caller: Principal, gift: Gift, side?: Side): Promise<Transfer>;
  /** What a caller sees who has just made it: the address that they wrote, and the link to pass on. */
  made(caller: Principal, gift: Gift, fromName: Promise<string | null>): Promise<Transfer>;
  /** A page of gifts: their addresses are read at once. */
  page(caller: Principal, gifts: Page<Gift>): Promise<Page<Transfer>>;
};

export function createTransferViewer({ ledger, clock, publicUrl }: ServerParts): TransferViewer {
  const now = () => clock().toISOString();
  const addressOf = (gift: Gift, side: Side) =>
    needsAddress(gift, side) ? ledger.giftAddress(gift.id) : undefined;

  return {
    async show(caller, gift, side = sideOf(caller, gift)) {
      const [found, from_name] = await Promise.all([addressOf(gift, side), ledger.nameOf(gift.from)]);
      const address = shownTo(caller, 'gifts:secrets', found);
      return viewTransfer(gift, side, { publicUrl, at: now(), address, from_name });
    },

    async made(caller, gift, fromName) {
      const side = sideOf(caller, gift);
      const [address, from_name] = await Promise.all([addressOf(gift, side), fromName]);
      return viewTransfer(gift, side, { publicUrl, at: now(), address, from_name });
    },

    async page(caller, gifts) {
      const wanting = gifts.data.filter((gift) => needsAddress(gift, sideOf(caller, gift)));
      const addresses =
        wanting.length > 0 ? await ledger.giftAddresses(wanting.map((gift) => gift.id)) : new Map();
      const at = now();
      const data = await Promise.all(
        gifts.data.map(async (gift) => {
          const from_name = await ledger.nameOf(gift.from);
          const address = shownTo(caller, 'gifts:secrets', addresses.get(gift.id));
          return viewTransfer(gift, sideOf(caller, gift), { publicUrl, at, address, from_name });
        }),
      );
      return { data, next_cursor: gifts.next_cursor };
    },
  };
}

function sideOf(caller: Principal, gift: Gift): Side {
  if (caller.kind === 'service') return 'service';
  return caller.accountId === gift.from ? 'sender' : 'recipient';
}
