/** Gifts of credits, of both kinds, as the plain model of the ledger has them. */
import { expect } from 'vitest';
import type { Gift } from '../../src/contracts/gifts/gift.ts';
import { PROMOTIONAL_BUDGET } from '../../src/domain/account.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { toGift } from '../../src/ledger/postgres/rows.ts';
import type { Command, Scenario } from '../model/commands.ts';
import { expectLikeModel, type LedgerState } from '../model/ledger-state.ts';
import { deadlineOf } from '../model/model-gift.ts';
import { ModelRun } from '../model/model-run.ts';
import { PEOPLE } from '../model/people.ts';
import type { Part, Turn } from './part.ts';
import type { SweepKind } from './sweep-kinds.ts';
import type { World } from './world.ts';

const IDS = [...PEOPLE.map(({ id }) => id), PROMOTIONAL_BUDGET];

const TOTALS = `SELECT id, (credits_posted - debits_posted - debits_pending)::text AS available, debits_pending::text AS held
  FROM boon.ledger_accounts WHERE id = ANY ($1)`;
const STATE = `SELECT
  (SELECT json_object_agg(a.id, json_build_object('available', (a.credits_posted - a.debits_posted - a.debits_pending)::text, 'held', a.debits_pending::text))
   FROM boon.ledger_accounts a WHERE a.id = ANY ($1)) AS totals,
  (SELECT coalesce(json_agg(json_build_array(l.account_id, l.source, l.granted::text, l.remaining::text, l.expires_at, l.giftable)
     ORDER BY l.account_id, l.id), '[]') FROM boon.lots l WHERE l.account_id = ANY ($1)) AS lots,
  (SELECT coalesce(json_agg(boon_code.gift_view(g) ORDER BY g.transfer), '[]') FROM boon.gifts g WHERE g.sender_id = ANY ($1)) AS gifts`;

export class GiftPart implements Part {
  readonly #world: World;
  readonly #run: ModelRun;

  private constructor(world: World, run: ModelRun) {
    this.#world = world;
    this.#run = run;
  }

  static async begin(world: World, ledger: Ledger, policies: Scenario['policies']): Promise<GiftPart> {
    return new GiftPart(world, await ModelRun.begin({ ledger }, { policies, commands: [] }));
  }

  async perform(command: Command, { now, thorough = true }: Turn): Promise<number> {
    this.#run.now = now;
    await this.#run.perform(command);
    if (thorough) await this.#compareTotals();
    return this.#run.now;
  }

  swept(kind: SweepKind, at: number, changed: ReadonlyMap<string, number>): void {
    if (kind !== 'expire lots') return;
    const own = IDS.reduce((sum, id) => sum + (changed.get(id) ?? 0), 0);
    expect({ kind, changed: own }).toEqual({ kind, changed: this.#run.model.expire(at) });
  }

  async check(now: number): Promise<void> {
    const [row] = await this.#world.read<LedgerState>('gift part', STATE, [IDS]);
    if (row === undefined) throw new Error('the database did not answer');
    const lots = row.lots.map(
      ([account, source, granted, remaining, expires, giftable]): LedgerState['lots'][number] => [
        account,
        source,
        granted,
        remaining,
        expires === null ? null : new Date(expires).toISOString(),
        giftable,
      ],
    );
    expectLikeModel(
      { ...row, lots, gifts: row.gifts.map((gift: Gift) => toGift(gift)) },
      this.#run.model,
      now,
    );
  }

  /** Everybody is active again, and time does the rest. */
  async settle({ ledger, now }: Turn): Promise<void> {
    const { model } = this.#run;
    for (const { id, status } of [...model.accounts.values()]) {
      if (status === 'active') continue;
      await this.perform(
        { do: 'status', who: PEOPLE.findIndex((one) => one.id === id), status: 'active' },
        { ledger, now },
      );
    }
    if (model.gifts.some((gift) => deadlineOf(gift) !== null))
      await this.perform({ do: 'advance', gift: 'all' }, { ledger, now });
  }

  /** What each has, and has on hold, as the model says. */
  async #compareTotals(): Promise<void> {
    const rows = await this.#world.read<{ id: string; available: string; held: string }>(
      'gift totals',
      TOTALS,
      [IDS],
    );
    const { model } = this.#run;
    for (const { id, available, held } of rows) {
      const lots = model.lots.filter(({ account }) => account === id);
      const expected = {
        available: String(lots.reduce((sum, lot) => sum + lot.remaining, 0n)),
        held: String(model.balance(id, 0).held),
      };
      expect({ id, available, held }).toEqual({ id, ...expected });
    }
  }
}
