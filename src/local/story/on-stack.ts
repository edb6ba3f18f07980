import { WithStartWorkflowOperation } from '@temporalio/client';
import type { Logger } from 'pino';
import { BoonClient } from '../../client/boon-client.ts';
import type { Config } from '../../config.ts';
import { boonCodec } from '../../contracts/codec/boon-codec.ts';
import { startServer } from '../../start-server.ts';
import { temporalClient, temporalTarget } from '../../temporal/connection.ts';
import { shownUrl } from '../shown-url.ts';
import type { Cast } from './cast.ts';
import { Narrator } from './narrator.ts';
import { playStory } from './play-story.ts';
import { SETTLEMENT_SECONDS, storyPolicy } from './story-policy.ts';

/** A stack that runs, as the story needs to know it. */
export interface PlayedOn {
  /** Complete: with the addresses of the running parts. */
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly uiUrl: string | undefined;
  readonly mailFolder: string | undefined;
  /** An operator key. */
  readonly apiKey: string;
  readonly logger: Logger;
  readonly print: (line: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Plays the story on a stack that runs. It has an HTTP server of its own, on the same ledger: the one for the reader
 * keeps the reader's policy.
 */
export async function playOnStack(stack: PlayedOn): Promise<Cast> {
  const { env, apiKey, logger, print, signal, mailFolder } = stack;
  const config = { ...stack.config, port: 0 };
  const server = await startServer({ config, policy: storyPolicy(), env, clock: () => new Date(), logger });
  // What people wrote is encrypted in Temporal; the server's own endpoint reads it.
  const codec = boonCodec({ url: server.url, apiKey });
  const temporal = temporalClient(temporalTarget(env, config.temporalAddress), codec);
  try {
    print('');
    print(
      `The story: gifts, referrals, resets and a purchase on real workflows; gifts settle after ${SETTLEMENT_SECONDS} s to watch them.`,
    );
    const client = new BoonClient({ baseUrl: server.url, apiKey });
    const narrator = new Narrator(client, print, linkTo(stack.uiUrl), config.gifts.processes);
    const { publicUrl, demoPayments, addCreditsUrl, taskQueue } = config;
    const hasPages = demoPayments === true && addCreditsUrl === undefined;
    const pageAt = hasPages ? (url: string) => url.replace(publicUrl, server.url) : undefined;
    return await playStory({
      client,
      temporal: { client: temporal, WithStartWorkflowOperation, taskQueue },
      narrator,
      mailFolder,
      pageAt,
      signal,
    });
  } finally {
    await temporal.connection.close();
    await server.close();
  }
}

/** Where an operator sees a process. */
function linkTo(uiUrl: string | undefined): (workflowId: string) => string {
  return (workflowId) =>
    uiUrl === undefined
      ? `workflow ${workflowId}`
      : `${shownUrl(uiUrl)}/namespaces/default/workflows/${encodeURIComponent(workflowId)}`;
}
