import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { VersionedPolicy } from '../domain/policy.ts';
import { sdkLogger } from '../observability/sdk-logger.ts';
import { warnOfRisks } from '../risks.ts';
import { localLogger } from './local-logger.ts';
import { RunningParts, StartCalledOff } from './running-parts.ts';
import { isDiskFull, LocalSetupError } from './setup-error.ts';
import { shownUrl } from './shown-url.ts';
import { type LocalStack, startStack } from './stack.ts';
import type { Cast } from './story/cast.ts';
import { keepCast, keptCast } from './story/kept-cast.ts';
import { playOnStack } from './story/on-stack.ts';
import { whatNow } from './what-now.ts';

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
 * Starts all of Boon on this machine, plays the story once, and stays until it is stopped. What was accepted stays in the
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

  warnOfRisks(config, logger);
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
    const cast = config.story === 'off' ? undefined : await storyOrReason(stack, logger, print, signal);
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
  print(`Stopped. The data stay in ${config.dataDir}; \`npm start\` continues with them.`);
}

/** The first request is answered before the story begins: whoever waits for Boon need not wait for the story. */
async function sayReady({ url }: LocalStack, progress: (line: string) => void): Promise<void> {
  const { status } = await fetch(`${url}/readyz`);
  progress(
    status === 200 ? `Ready: ${shownUrl(url)}` : `${shownUrl(url)} answers, not yet ready (${status})`,
  );
}

/**
 * The people of the story: played now, or at an earlier start on these data. Undefined where it is not played; one line
 * says why. The stack runs in either case.
 */
async function storyOrReason(
  stack: LocalStack,
  logger: Logger,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<Cast | undefined> {
  const dataDir = resolve(stack.config.dataDir);
  const played = stack.config.story === 'on' ? await keptCast(dataDir) : undefined;
  if (played !== undefined) {
    print('');
    print('The story was played on these data before: `npm run story` plays it again.');
    return played;
  }
  if (stack.apiKey === undefined) {
    print('The story is not played: set BOON_API_KEY to an operator key of this database to see it.');
    return undefined;
  }
  try {
    const cast = await playOnStack({ ...stack, apiKey: stack.apiKey.secret, logger, print, signal });
    await keepCast(dataDir, cast);
    return cast;
  } catch (error) {
    if (signal.aborted) return undefined;
    logger.error({ err: error }, `The story stopped: ${error instanceof Error ? error.message : error}`);
    return undefined;
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
