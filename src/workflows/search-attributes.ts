/** Keeping a running gift's search attributes true, at no cost while they are. */
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { GiftProgress } from '../contracts/gifts/gift.ts';
import {
  BOON_ACCOUNT,
  BOON_CREDITS,
  BOON_PROGRAM,
  BOON_STATUS,
  exceptionalStatus,
  giftSearchAttributes,
} from '../contracts/gifts/gift-search-attributes.ts';

/** Changes those that differ. The process that started the workflow set them; a plain client may not have. */
export function showSearchAttributes(gift: GiftProgress): void {
  const shown = workflowInfo().typedSearchAttributes;
  const wanted = giftSearchAttributes(gift);
  const changes: SearchAttributeUpdatePair[] = [];
  for (const key of [BOON_ACCOUNT, BOON_CREDITS, BOON_PROGRAM]) {
    if (String(shown.get(key)) !== String(wanted.get(key))) {
      changes.push({ key, value: wanted.get(key) } as SearchAttributeUpdatePair);
    }
  }
  const status = exceptionalStatus(gift);
  if ((shown.get(BOON_STATUS) ?? null) !== status) changes.push({ key: BOON_STATUS, value: status });
  if (changes.length > 0) upsertSearchAttributes(changes);
}
