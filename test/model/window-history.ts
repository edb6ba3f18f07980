/** The usage windows of accounts, present and past, with the uses that each counted. */
import {
  type StoredWindow,
  WINDOW_KINDS,
  WINDOW_LENGTH_MS,
  type WindowKind,
} from '../../src/domain/usage-window.ts';

type Segment = { startedAt: number; from: number; until: number; uses: { at: number; units: bigint }[] };
export type Windows = Partial<Record<WindowKind, StoredWindow>>;

export class WindowHistory {
  readonly #segments = new Map<string, Record<WindowKind, Segment[]>>();

  all(): [account: string, Windows][] {
    return [...this.#segments.keys()].map((account) => [account, this.of(account)]);
  }

  /** The latest of each kind, as they are stored. */
  of(account: string): Windows {
    const windows: Windows = {};
    for (const kind of WINDOW_KINDS) {
      const last = this.#of(account)[kind].at(-1);
      if (last !== undefined) windows[kind] = stored(last);
    }
    return windows;
  }

  /** A moment at which those that are open had begun, as they are: `now`, unless another clock is ahead. */
  begunBy(account: string, now: number): number {
    const moments = WINDOW_KINDS.flatMap((kind) => {
      const last = this.#of(account)[kind].at(-1);
      if (last === undefined || last.startedAt + WINDOW_LENGTH_MS[kind] <= now) return [];
      return [last.startedAt, last.from];
    });
    return Math.max(now, ...moments);
  }

  use(account: string, units: bigint, now: number): void {
    const own = this.#of(account);
    this.#segments.set(account, own);
    for (const kind of WINDOW_KINDS) {
      let last = own[kind].at(-1);
      if (last === undefined || last.startedAt + WINDOW_LENGTH_MS[kind] <= now) {
        last = { startedAt: now, from: now, until: now + WINDOW_LENGTH_MS[kind], uses: [] };
        own[kind].push(last);
      }
      last.uses.push({ at: now, units });
    }
  }

  /** Restores the latest: one that is open begins anew, the weekly one where its date moves. */
  restore(account: string, now: number, weeklyMoves: boolean): void {
    for (const kind of WINDOW_KINDS) {
      const last = this.#of(account)[kind].at(-1);
      if (last === undefined) continue;
      const open = last.startedAt + WINDOW_LENGTH_MS[kind] > now;
      const anew = open && (kind === 'five_hour' || weeklyMoves);
      const startedAt = anew ? Math.max(now, last.startedAt) : last.startedAt;
      last.until = Math.max(last.from, Math.min(last.until, now));
      this.#of(account)[kind].push({
        startedAt,
        from: Math.max(now, last.from),
        until: startedAt + WINDOW_LENGTH_MS[kind],
        uses: [],
      });
    }
  }

  /** Those that were open at a moment, with what had been used by then. */
  at(account: string, moment: number): Windows {
    const windows: Windows = {};
    for (const kind of WINDOW_KINDS) {
      const open = this.#openAt(account, kind, moment);
      if (open !== undefined)
        windows[kind] = stored({ ...open, uses: open.uses.filter((use) => use.at <= moment) });
    }
    return windows;
  }

  /** Restores those that were open at a moment of the past; what was used since stays used. */
  restoreAt(account: string, moment: number, weeklyMoves: boolean): void {
    for (const kind of WINDOW_KINDS) {
      const open = this.#openAt(account, kind, moment);
      if (open === undefined) continue;
      const all = this.#of(account)[kind];
      const startedAt = kind === 'five_hour' || weeklyMoves ? moment : open.startedAt;
      const isLast = open === all.at(-1);
      const until = isLast ? startedAt + WINDOW_LENGTH_MS[kind] : open.until;
      all.splice(all.indexOf(open) + 1, 0, {
        startedAt,
        from: moment,
        until,
        uses: open.uses.filter((use) => use.at > moment),
      });
      open.until = moment;
      open.uses = open.uses.filter((use) => use.at <= moment);
    }
  }

  #openAt(account: string, kind: WindowKind, moment: number): Segment | undefined {
    return this.#of(account)[kind].findLast(({ from, until }) => from <= moment && until > moment);
  }

  #of(account: string): Record<WindowKind, Segment[]> {
    return this.#segments.get(account) ?? { five_hour: [], weekly: [] };
  }
}

function stored({ startedAt, uses }: Segment): StoredWindow {
  return { startedAt, used: uses.reduce((sum, { units }) => sum + units, 0n) };
}
