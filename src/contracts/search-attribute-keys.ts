/** Boon's search attributes as keys, for `typedSearchAttributes.get(…)` and for queries of lists. */
import { SEARCH_ATTRIBUTES } from './temporal.ts';

type Name = keyof typeof SEARCH_ATTRIBUTES;

/** What Temporal's `defineSearchAttributeKey` makes; versions before 1.12 have no such keys. */
export type BoonSearchAttributeKey<N extends Name> = { name: N; type: (typeof SEARCH_ATTRIBUTES)[N] };

export const BOON_ACCOUNT: BoonSearchAttributeKey<'BoonAccount'> = key('BoonAccount');
export const BOON_STATUS: BoonSearchAttributeKey<'BoonStatus'> = key('BoonStatus');
export const BOON_PROGRAM: BoonSearchAttributeKey<'BoonProgram'> = key('BoonProgram');
export const BOON_CREDITS: BoonSearchAttributeKey<'BoonCredits'> = key('BoonCredits');

function key<N extends Name>(name: N): BoonSearchAttributeKey<N> {
  return { name, type: SEARCH_ATTRIBUTES[name] };
}
