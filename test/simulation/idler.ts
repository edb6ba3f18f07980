/** A writer whose transaction stays open while others go on: it has drawn its numbers, and nobody sees its rows yet. */
import type { World } from './world.ts';

/** Nobody else touches this account. */
export const IDLER = 'idler';

export class Idler {
  readonly #world: World;
  #open = false;
  #serial = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Begins to write, or ends what was begun. */
  async turn(at: string, end: 'commit' | 'rollback'): Promise<void> {
    if (this.#open) return this.end(end);
    this.#serial += 1;
    const key = `idle-${this.#serial}`;
    const grant = { i: 0, key, at, input_hash: '00', account_id: IDLER, amount: '1000000' };
    const { idler } = this.#world;
    await idler.query('BEGIN');
    await idler.query('SELECT boon_code.grant_credits($1)', [
      JSON.stringify([{ ...grant, source: 'purchased', expires_at: null, giftable: false, reason: 'idle' }]),
    ]);
    this.#open = true;
  }

  async end(how: 'commit' | 'rollback'): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#world.idler.query(how);
  }
}
