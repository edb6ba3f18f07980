import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { BoonClient } from '../client/boon-client.ts';
import type { Config } from '../config.ts';
import { boonCodec } from '../contracts/codec/boon-codec.ts';
import type { VersionedPolicy } from '../domain/policy.ts';
import { sdkLogger } from '../observability/sdk-logger.ts';
import { startServer } from '../start-server.ts';
import { temporalClient, temporalTarget } from '../temporal/connection.ts';
import { localLogger } from './local-logger.ts';
import { RunningParts, StartCalledOff } from './running-parts.ts';
import { isDiskFull, LocalSetupError } from './setup-error.ts';
import { type LocalStack, startStack } from './stack.ts';
import type { Cast } from './story/cast.ts';
import { Narrator } from './story/narrator.ts';
import { playStory } from './story/play-story.ts';
import { SETTLEMENT_SECONDS, storyPolicy } from './story/story-policy.ts';
import { shownUrl, whatNow } from './what-now.ts';

/** How a local start speaks and is stopped. */
export interface StartOptions {
  /** It has been checked. */
  readonly config: Config;
  readonly policy: VersionedPolicy;
  readonly env: NodeJS.ProcessEnv;
  readonly print: (line: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Every part stops within 20 seconds or is ended; together they have this long. */
const STOP_WITHIN_MS = 60_000;

/**
 * Starts all of Boon on this machine, plays the story and stays until it is stopped. What was accepted stays in the
 * data folder, and the next start continues with it.
 *
 * @throws what names the one thing to put right: LocalSetupError, TemporalUnreachable …
 */
export async function startHere({ config, policy, env, print, signal }: StartOptions): Promise<void> {
  const logger = await localLogger(config.logLevel, join(resolve(config.dataDir), 'boon.log'), (message) => {
    if (!signal.aborted) print(`! ${message}`);
  });
  Runtime.install({
    logger: sdkLogger(logger),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
    shutdownSignals: [],
  });

  const parts = new RunningParts();
  const calledOff = untilAborted(signal);
  const progress = stopwatch(print);
  const starting = startStack({ config, policy, env, logger, progress }, parts);
  // A start that was called off fails later, when a part finds everything stopped.
  const settled = starting.then(
    () => undefined,
    () => undefined,
  );
  try {
    const stack = await Promise.race([starting, calledOff]);
    if (stack === undefined) throw new StartCalledOff();
    await sayReady(stack, progress);
    const cast = config.story ? await storyOrReason(stack, logger, print, signal) : undefined;
    if (!signal.aborted) for (const line of whatNow(stack, cast)) print(line);
    const ending = await Promise.race([parts.ended, calledOff]);
    if (ending !== undefined) throw new LocalSetupError(`${ending}: see the logs in ${config.dataDir}`);
    print('');
    print('Stopping: requests and tasks that run are finished first.');
  } catch (error) {
    throw isDiskFull(error)
      ? new LocalSetupError(
          `There is no space left on the disk of ${config.dataDir}: make room and start again`,
        )
      : error;
  } finally {
    await stopInTime(parts, settled);
  }
  print(`Stopped. The data stay in ${config.dataDir}; \`npm start\` goes on with them.`);
}

/** The first request is answered before the story begins: whoever waits for Boon need not wait for the story. */
async function sayReady({ url }: LocalStack, progress: (line: string) => void): Promise<void> {
  const { status } = await fetch(`${url}/readyz`);
  progress(
    status === 200 ? `Ready: ${shownUrl(url)}` : `${shownUrl(url)} answers, not yet ready (${status})`,
  );
}

/** The story, or one line on why it is not played: the stack runs in either case. */
async function storyOrReason(
  stack: LocalStack,
  logger: Logger,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<Cast | undefined> {
  if (stack.apiKey === undefined) {
    print('The story is not played: set BOON_API_KEY to an operator key of this database to see it.');
    return undefined;
  }
  try {
    return await story(stack, stack.apiKey.secret, logger, print, signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    logger.error({ err: error }, `The story stopped: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/** The story has an HTTP server of its own, on the same ledger: the one for the reader keeps the reader's policy. */
async function story(
  stack: LocalStack,
  apiKey: string,
  logger: Logger,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<Cast> {
  const { env, uiUrl, mailFolder } = stack;
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
    const link = (workflowId: string) =>
      uiUrl === undefined
        ? `workflow ${workflowId}`
        : `${shownUrl(uiUrl)}/namespaces/default/workflows/${encodeURIComponent(workflowId)}`;
    const narrator = new Narrator(client, print, link, config.gifts.processes);
    const { publicUrl, demoPayments, addCreditsUrl } = config;
    const hasPages = demoPayments === true && addCreditsUrl === undefined;
    const pageAt = hasPages ? (url: string) => url.replace(publicUrl, server.url) : undefined;
    const { taskQueue } = config;
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

/** Prints each step with the seconds since the start. */
function stopwatch(print: (line: string) => void): (line: string) => void {
  const began = performance.now();
  return (line) => print(`[${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s] ${line}`);
}

function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((settle) => {
    if (signal.aborted) settle(undefined);
    signal.addEventListener('abort', () => settle(undefined), { once: true });
  });
}

/** @param started settles when no part is starting any more: one that comes after the stop is stopped by itself */
async function stopInTime(parts: RunningParts, started: Promise<void>): Promise<void> {
  const late = delay(STOP_WITHIN_MS, 'late', { ref: false });
  const stopped = Promise.all([parts.stop(), started]).then(() => 'stopped');
  if ((await Promise.race([stopped, late])) === 'late') {
    throw new LocalSetupError('Not everything stopped in time: the next start ends what is left');
  }
}
