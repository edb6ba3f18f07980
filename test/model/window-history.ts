/** The usage windows of accounts, present and past, with the uses that each counted. */
import {
  type StoredWindow,
  WINDOW_KINDS,
  WINDOW_LENGTH_MS,
  type WindowKind,
} from '../../src/domain/usage-window.ts';

/** Counts from `from` to before `until`; `restored`: it counts nothing of before. */
type Segment = {
  startedAt: number;
  from: number;
  until: number;
  restored: boolean;
  uses: { at: number; units: bigint }[];
};
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

  /** What is used of the window in which a use would count; one that is reported late counts in that of its moment. */
  usedOf(account: string, kind: WindowKind, at: number, late: boolean): bigint {
    return stored(this.#windowFor(account, kind, at, late)).used;
  }

  use(account: string, units: bigint, at: number, late = false): void {
    const own = this.#of(account);
    this.#segments.set(account, own);
    for (const kind of WINDOW_KINDS) {
      const window = this.#windowFor(account, kind, at, late);
      if (!own[kind].includes(window)) {
        const isPast = late && at < Number(own[kind].at(-1)?.from);
        const next = isPast ? own[kind].findIndex(({ from }) => from > at) : -1;
        own[kind].splice(next < 0 ? own[kind].length : next, 0, window);
      }
      if (late) window.from = Math.min(window.from, at);
      window.uses.push({ at, units });
    }
  }

  /** One that begins with the use is not stored yet. */
  #windowFor(account: string, kind: WindowKind, at: number, late: boolean): Segment {
    const all = this.#of(account)[kind];
    const end = at + WINDOW_LENGTH_MS[kind];
    const begun = { startedAt: at, from: at, until: end, restored: false, uses: [] };
    const last = all.at(-1);
    if (last === undefined) return begun;
    if (!late || at >= last.from) return last.startedAt + WINDOW_LENGTH_MS[kind] <= at ? begun : last;
    const open = this.#openAt(account, kind, at);
    if (open !== undefined) return open;
    // Where its own window would not have run out when the next one began, it counts in that one.
    const next = all.find(({ from }) => from > at) ?? last;
    const apart = next.restored || end <= next.startedAt;
    return apart ? { ...begun, until: Math.min(end, next.from) } : next;
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
        restored: true,
        uses: [],
      });
    }
  }

  /**
   * Those that were open at a moment, with what had been used by then. `told`: one that counts from before it began as if
   * it had begun then.
   */
  at(account: string, moment: number, { told = false } = {}): Windows {
    const windows: Windows = {};
    for (const kind of WINDOW_KINDS) {
      const open = this.#openAt(account, kind, moment);
      if (open === undefined) continue;
      const { used, startedAt } = stored({ ...open, uses: open.uses.filter((use) => use.at <= moment) });
      windows[kind] = { used, startedAt: told ? Math.min(startedAt, open.from) : startedAt };
    }
    return windows;
  }

  /** Restores those that were open at a moment of the past; what was used since stays used. */
  restoreAt(account: string, moment: number, weeklyMoves: boolean): void {
    for (const kind of WINDOW_KINDS) {
      const open = this.#openAt(account, kind, moment);
      if (open === undefined) continue;
      const all = this.#of(account)[kind];
      const moves = kind === 'five_hour' || weeklyMoves;
      const startedAt = moves ? Math.max(moment, open.startedAt) : open.startedAt;
      const isLast = open === all.at(-1);
      const until = isLast ? startedAt + WINDOW_LENGTH_MS[kind] : open.until;
      all.splice(all.indexOf(open) + 1, 0, {
        startedAt,
        from: moment,
        until,
        restored: true,
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
