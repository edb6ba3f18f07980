/** Sweeps of the whole ledger, as the schedules make them, and what they did to the accounts of each part. */

import type { Ledger } from '../../src/ledger/ledger.ts';
import { remindAll } from '../model/program-reminders.ts';
import type { SweepKind } from './sweep-kinds.ts';
import type { World } from './world.ts';

/** More than there ever is. */
const ALL = 100_000;

const DONE: Record<SweepKind, string> = {
  'expire lots': `SELECT account_id AS id, -count(*)::int AS n FROM boon.lots WHERE open GROUP BY 1`,
  'last moment': `SELECT account_id AS id, count(*)::int AS n FROM boon.redemptions GROUP BY 1`,
  'expire resets': `SELECT account_id AS id, count(*)::int AS n FROM boon.resets WHERE status = 'expired' GROUP BY 1`,
  'return resets': `SELECT account_id AS id, count(*)::int AS n FROM boon.resets WHERE source = 'return' GROUP BY 1`,
  'expire referrals': `SELECT referrer_id AS id, count(*)::int AS n FROM boon.referrals WHERE status = 'expired' GROUP BY 1`,
  remind: `SELECT r.account_id AS id, count(*)::int AS n FROM boon.reset_reminders d JOIN boon.resets r ON r.id = d.reset_id GROUP BY 1`,
};

/** How much a sweep changed, by account. */
export async function sweep(
  world: World,
  ledger: Ledger,
  kind: SweepKind,
  at: string,
): Promise<Map<string, number>> {
  const before = await done(world, kind);
  await run(ledger, kind, at);
  const after = await done(world, kind);
  const changed = new Map<string, number>();
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const count = (after.get(id) ?? 0) - (before.get(id) ?? 0);
    if (count !== 0) changed.set(id, count);
  }
  return changed;
}

async function done(world: World, kind: SweepKind): Promise<Map<string, number>> {
  const rows = await world.read<{ id: string; n: number }>(`done ${kind}`, DONE[kind], []);
  return new Map(rows.map(({ id, n }) => [id, n]));
}

async function run(ledger: Ledger, kind: SweepKind, at: string): Promise<void> {
  switch (kind) {
    case 'expire lots':
      await ledger.expireLots(at, ALL);
      return;
    case 'expire resets':
      await ledger.expireResets(at, ALL);
      return;
    case 'return resets':
      await ledger.returnDueResets(at, ALL);
      return;
    case 'expire referrals':
      await ledger.expireReferrals(at, ALL);
      return;
    case 'remind':
      await remindAll(ledger, at);
      return;
    case 'last moment':
      for (let after: Parameters<Ledger['redeemExpiringResets']>[2]; ; ) {
        const { next } = await ledger.redeemExpiringResets(at, 50, after);
        if (next === undefined) return;
        after = next;
      }
  }
}
