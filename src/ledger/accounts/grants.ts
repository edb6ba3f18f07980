/** The grants' part of the ledger. */
import type { Grant, Lot } from '../../contracts/accounts/holding.schema.ts';
import type { LotId } from '../../domain/ids.ts';
import type { Database } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import type { Recorded } from '../postgres/recorded.ts';
import { type GrantRequest, makeGrant } from './grant-credits.ts';
import { findGrant, type GrantFilter, listGrants } from './read-grants.ts';

export type Grants = {
  grant(request: GrantRequest): Promise<Recorded<Lot>>;
  /** An account's grants, the latest first. @throws BoonError `not_found` when there is no such account. */
  listGrants(filter: GrantFilter, page: PageRequest): Promise<Page<Grant>>;
  /** @throws BoonError `not_found` when no grant made a lot of this id. */
  findGrant(id: LotId): Promise<Grant>;
};

export function makeGrants(database: Database): Grants {
  return {
    grant: makeGrant(database),
    listGrants: (filter, page) => listGrants(database, filter, page),
    findGrant: (id) => findGrant(database, id),
  };
}
