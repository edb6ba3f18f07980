/** Keeping a running process' search attributes true, at no cost while they are. */
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { attributePairs, type FoundBy } from '../contracts/search-attributes.ts';

/** Changes those that differ. The process that started the workflow set them; a plain client may not have. */
export function showSearchAttributes(foundBy: FoundBy): void {
  const shown = workflowInfo().typedSearchAttributes;
  const changes = attributePairs(foundBy).filter(({ key, value }) => {
    const now = shown.get(key);
    return value === null ? now != null : String(now) !== String(value);
  });
  if (changes.length > 0) upsertSearchAttributes(changes);
}

/** Sets them, whether or not they differ: purchases and refunds did so from the first version on. */
export function setSearchAttributes(foundBy: FoundBy): void {
  const changes = attributePairs(foundBy);
  if (changes.length > 0) upsertSearchAttributes(changes);
}
