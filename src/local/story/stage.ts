import type { BoonClient } from '../../client/boon-client.ts';
import type { TemporalAtHand } from '../../contracts/gifts/act-on-gift.ts';
import type { Narrator } from './narrator.ts';

/** What the story is played with. */
export interface Stage {
  /** The API with the story's policy, as an operator. */
  readonly client: BoonClient;
  /** The same Temporal that the API starts processes in, as a backend of one's own has it at hand. */
  readonly temporal: TemporalAtHand;
  readonly narrator: Narrator;
  /** Where mails are written to as files; undefined when they go to a mail server. */
  readonly mailFolder: string | undefined;
  /**
   * Where the story's server has a page that links name by the public address. Undefined where packages are not sold
   * by the demonstration, or credits are added on a page of the operator's own.
   */
  readonly pageAt: ((url: string) => string) | undefined;
  /** Calls the story off. */
  readonly signal: AbortSignal;
}
