/**
 * The add-credits link: where somebody at a limit is sent to buy. It carries a ticket that says which account may buy,
 * until when, and nothing else; whoever holds the link may pay for that account.
 */
import { BoonError } from '../contracts/errors.ts';
import type { Purchase } from '../contracts/purchases/purchase.ts';
import { createSigner } from './signer.ts';

/** How long a link holds: somebody may read the message of a Friday's run after the weekend. */
const LINK_DAYS = 7;
const LINK_SECONDS = LINK_DAYS * 86_400;

/** What a ticket is for, in front of when it ends, in seconds, and of the signature. */
const TICKET = /^buy\.(\d{1,12})\.([\w-]{43})$/;

export type CreditsLinkOptions = {
  encryptionKey: Buffer;
  /** Base of Boon's own page (`BOON_PUBLIC_URL`), with or without a trailing slash. */
  publicUrl: string;
  /** A page of the operator's own, with `{account}` in the account's place; Boon then serves none. */
  template?: string | undefined;
};

export interface CreditsLink {
  /** Whether it leads to Boon's own page. */
  readonly isOwnPage: boolean;
  /** The link for an account, given at a moment. */
  to(accountId: string, at: Date): string;
  /** Where a buyer comes back to from the provider's page: always the same for one purchase. */
  backTo(purchase: Pick<Purchase, 'id' | 'account_id' | 'created_at'>): string;
  /**
   * The account that a link of ours was given for.
   * @throws BoonError `link_invalid` when it is none of ours, or changed; `link_expired` when its time is over.
   */
  accountOf(query: unknown, at: Date): string;
}

export function createCreditsLink({ encryptionKey, publicUrl, template }: CreditsLinkOptions): CreditsLink {
  const signer = createSigner(encryptionKey, 'boon add-credits link');
  const page = `${publicUrl.replace(/\/+$/, '')}/credits`;
  const signed = (ends: string, accountId: string) => `buy.${ends}.${accountId}`;

  const link: CreditsLink = {
    isOwnPage: template === undefined,
    to(accountId, at) {
      const account = encodeURIComponent(accountId);
      if (template !== undefined) return template.replaceAll('{account}', account);
      const ends = String(Math.floor(at.getTime() / 1000) + LINK_SECONDS);
      return `${page}?account=${account}&ticket=buy.${ends}.${signer.sign(signed(ends, accountId))}`;
    },
    backTo({ id, account_id, created_at }) {
      const back = new URL(link.to(account_id, new Date(created_at)));
      back.searchParams.set('purchase', id);
      return back.href;
    },
    accountOf(query, at) {
      const { account, ticket } = query as Record<string, unknown>;
      const [, ends = '', signature = ''] = TICKET.exec(String(ticket)) ?? [];
      if (typeof account !== 'string' || !signer.isSigned(signed(ends, account), signature)) {
        throw new BoonError('link_invalid', 'This is not one of our links, or part of it is missing.');
      }
      if (Number(ends) * 1000 <= at.getTime()) {
        throw new BoonError('link_expired', `An add-credits link is valid for ${LINK_DAYS} days.`);
      }
      return account;
    },
  };
  return link;
}
