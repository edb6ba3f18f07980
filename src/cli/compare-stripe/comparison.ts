/** Comparing the provider's records with the ledger, and having the ledger take in what it lacks. */
import { BoonError } from '../../contracts/errors.ts';
import type { Difference } from '../../contracts/purchases/provider-difference.ts';
import {
  PROVIDER_RECORD_KINDS,
  type ProviderRecord,
  type ProviderRecordKind,
  type ProviderRecords,
} from '../../contracts/purchases/provider-records.ts';
import { isError } from '../../domain/is-error.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { applyRecord } from './application.ts';
import { askedOf, differenceOf, type FoundDifference, unknownThere } from './differences.ts';

export type ComparisonReport = {
  /** Whether no difference is left that has not been reported. */
  ok: boolean;
  since: string;
  at: string;
  /** How many records of the provider were looked at. */
  looked_at: Record<ProviderRecordKind, number>;
  differences: FoundDifference[];
  /** Why the comparison ended early; what is listed was found, and done, before. */
  error: string | null;
};

export type ComparisonParts = {
  ledger: Ledger;
  records: ProviderRecords;
  since: string;
  at: string;
  apply: boolean;
  /** Called with what is being done. */
  progress: (line: string) => void;
};

/** How many are asked of the ledger at once. */
const PAGE = 200;

/** Never rejects because of the provider: then the report says so. */
export async function compareWithProvider(parts: ComparisonParts): Promise<ComparisonReport> {
  const { ledger, records, since, at, apply, progress } = parts;
  const looked_at = { payment: 0, invoice: 0, refund: 0, dispute: 0 };
  const differences: FoundDifference[] = [];
  try {
    const all = named(await records.since(since, at, (what, read) => progress(`${what}: ${read} read`)));
    // Payments first: refunds and disputes are of them.
    for (const kind of PROVIDER_RECORD_KINDS) {
      const ours = all.filter((record) => record.kind === kind);
      for (let from = 0; from < ours.length; from += PAGE) {
        const page = ours.slice(from, from + PAGE);
        await comparePage(kind, page);
        looked_at[kind] += page.length;
        progress(
          `${kind}s: ${looked_at[kind]} of ${ours.length} compared, ${differences.length} differences`,
        );
      }
      if (kind !== 'invoice') await compareBack(kind, new Set(ours.map(({ id }) => id)));
    }
    return report(null);
  } catch (error) {
    if (error instanceof BoonError) return report(error.message);
    throw error;
  }

  function report(error: string | null): ComparisonReport {
    const isLeft = ({ outcome }: FoundDifference) => outcome === 'listed' || outcome === 'failed';
    return { ok: error === null && !differences.some(isLeft), since, at, looked_at, differences, error };
  }

  async function comparePage(kind: ProviderRecordKind, page: readonly ProviderRecord[]): Promise<void> {
    const known = await ledger.recorded(kind, page.map(askedOf));
    for (const [n, record] of page.entries()) {
      const one = known[n];
      const difference = one && differenceOf(record, one);
      if (difference !== undefined) await take(difference, record);
    }
  }

  /** What the ledger knows of, and the provider's lists did not contain, is looked up one by one. */
  async function compareBack(
    kind: 'payment' | 'refund' | 'dispute',
    seen: ReadonlySet<string>,
  ): Promise<void> {
    let after = '';
    for (;;) {
      const ids = await ledger.heardSince(kind, since, after, PAGE);
      for (const id of ids.filter((one) => !seen.has(one))) {
        const record = await records.find(kind, id, at);
        looked_at[kind] += 1;
        if (record !== undefined) {
          await comparePage(kind, [record]);
          continue;
        }
        const asked = kind === 'payment' ? { id, payment_id: id } : { id };
        const [known] = await ledger.recorded(kind, [asked]);
        const difference = known && unknownThere(kind, id, known);
        if (difference !== undefined) await take(difference, undefined);
      }
      if (ids.length < PAGE) return;
      after = ids.at(-1) ?? '';
      progress(`${kind}s of the ledger: looked for up to ${after}`);
    }
  }

  async function take(difference: Difference, record: ProviderRecord | undefined): Promise<void> {
    const found = { ...difference, outcome: 'listed', case_id: null, error: null } satisfies FoundDifference;
    if (!apply) {
      differences.push(found);
      return;
    }
    try {
      differences.push({ ...found, ...(await applyRecord(ledger, difference, record, at)) });
    } catch (error) {
      // One that cannot be applied keeps no other from it.
      differences.push({
        ...found,
        outcome: 'failed',
        error: isError(error) ? error.message : String(error),
      });
    }
  }
}

/** Refunds and disputes name their payment only: the purchase is the one that the payment names. */
function named(records: readonly ProviderRecord[]): ProviderRecord[] {
  const purchases = new Map<string, string>();
  for (const { kind, id, news } of records) {
    if (kind === 'payment' && news.purchase_id !== undefined) purchases.set(id, news.purchase_id);
  }
  return records.map((record) => {
    if (record.kind !== 'refund' && record.kind !== 'dispute') return record;
    const purchase_id = record.news.purchase_id ?? purchases.get(record.news.payment_id ?? '');
    return { ...record, news: { ...record.news, purchase_id } } as ProviderRecord;
  });
}
