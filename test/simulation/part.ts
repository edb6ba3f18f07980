/** Parts of the simulated world: accounts with what is done to them, and a plain model of it. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { SweepKind } from './sweep-kinds.ts';

export const PARTS = ['gifts', 'programs', 'usage', 'money'] as const;
export type PartName = (typeof PARTS)[number];

/**
 * What a part's step is done with: a client's ledger, and the client's clock. `thorough`: what costs a question of its own
 * is compared too, and not the answer alone.
 */
export type Turn = { readonly ledger: Ledger; readonly now: number; readonly thorough?: boolean };

export type Part = {
  /** Does one command, to the ledger and to the model. @returns what the client's clock shows then. @throws where they differ */
  perform: (command: never, turn: Turn) => Promise<number>;
  /** A sweep of the whole ledger changed so much at `at`, by account: of this part's, what should it have been? */
  swept: (kind: SweepKind, at: number, changed: ReadonlyMap<string, number>) => void;
  /** Compares everything that is stored with the model. @param now a moment that all clocks have reached */
  check: (now: number) => Promise<void>;
  /** Does what people must do for all that is open to end, now and then while time passes. */
  settle: (turn: Turn) => Promise<void>;
};
