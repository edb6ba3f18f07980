/** How processes are found in Temporal: the search attributes of all of them, written once. */
import {
  type SearchAttributePair,
  type SearchAttributeUpdatePair,
  TypedSearchAttributes,
} from '@temporalio/common';
import { BOON_ACCOUNT, BOON_CREDITS, BOON_PROGRAM, BOON_STATUS } from './search-attribute-keys.ts';

/** What a process is found by; what is left out is not set. */
export type FoundBy = {
  accounts?: string[];
  /** Credits as text; `BoonCredits` is a float, for searching only. */
  credits?: string;
  program?: string;
  /** Only in exceptional states: a process without incident costs no change. Null takes it away. */
  status?: string | null;
};

/** The attributes that a process is started with. */
export function searchAttributes(foundBy: FoundBy): TypedSearchAttributes {
  const isSet = (pair: SearchAttributeUpdatePair): pair is SearchAttributePair => pair.value !== null;
  return new TypedSearchAttributes(attributePairs(foundBy).filter(isSet));
}

/** The same as changes. */
export function attributePairs({ accounts, credits, program, status }: FoundBy): SearchAttributeUpdatePair[] {
  const pairs: SearchAttributeUpdatePair[] = [];
  if (accounts !== undefined) pairs.push({ key: BOON_ACCOUNT, value: accounts });
  if (credits !== undefined) pairs.push({ key: BOON_CREDITS, value: Number(credits) });
  if (program !== undefined) pairs.push({ key: BOON_PROGRAM, value: program });
  if (status !== undefined) pairs.push({ key: BOON_STATUS, value: status });
  return pairs;
}
