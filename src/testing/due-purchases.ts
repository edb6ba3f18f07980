/** Purchases as time passes: those that nobody pays end, and what `boon-reconcile` does each minute to top-ups is done. */
import { randomBytes } from 'node:crypto';
import type { Purchase } from '../contracts/purchase.ts';
import { TASK_QUEUE } from '../contracts/temporal.ts';
import { orderedId } from '../domain/ordered-id.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { purchaseRuns } from '../temporal/purchase-process.ts';
import { elapsed, pause } from './test-clock.ts';
import type { Traveller } from './time-travel.ts';

/** How long a charge, or the end of a purchase, may really take on a busy machine. */
const PATIENCE_MS = 20_000;
const MOST = 1_000;
/** Later than every purchase of a test. */
const EVER = '9999-01-01T00:00:00Z';

/** When the next purchase that nobody has paid ends, if that is before `target`. */
export async function nextPurchaseStop(target: Date, { ledger }: Traveller): Promise<Date | undefined> {
  const first = Math.min(...(await open(ledger)).map(({ expires_at }) => Date.parse(expires_at)));
  return first < target.getTime() ? new Date(first) : undefined;
}

/** Begins the top-ups that are due, and waits until they are charged and purchases whose time is over have ended. */
export async function settlePurchases(traveller: Traveller): Promise<void> {
  const { clock, ledger, worker } = traveller;
  const now = clock.now().getTime();
  const began = elapsed();
  for (;;) {
    await worker.untilQuiet();
    const due = (await open(ledger)).filter(
      ({ kind, expires_at }) => kind === 'top_up' || Date.parse(expires_at) <= now,
    );
    if (due.length === 0 && !(await beginTopUps(traveller))) return;
    if (elapsed() - began > PATIENCE_MS) {
      throw new Error(`Purchases are due and nothing happens to them: ${due.map(({ id }) => id).join(', ')}`);
    }
    await pause(20);
  }
}

/** Answers whether there were any: one that is charged may leave its account below its sum still. */
async function beginTopUps({ clock, ledger, temporal }: Traveller): Promise<boolean> {
  const now = clock.now();
  const runs = purchaseRuns(temporal, TASK_QUEUE);
  const accounts = await ledger.dueTopUps(now.toISOString(), MOST);
  for (const account of accounts) {
    const id = orderedId('pur', now.getTime(), randomBytes(10));
    const purchase = await ledger.beginTopUp(account, id, now.toISOString());
    if (purchase !== undefined) await runs.restart(purchase);
  }
  return accounts.length > 0;
}

async function open(ledger: Ledger): Promise<Purchase[]> {
  return (await ledger.openPurchases(EVER, { limit: MOST })).data;
}
