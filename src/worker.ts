/** The worker as a process: `node src/worker.ts`. */
import { readConfig, readPolicy, requireDatabase } from './config.ts';
import { freePort, LOOPBACK } from './local/ports.ts';
import { runService } from './observability/run-service.ts';
import { refuseRisks } from './risks.ts';

/** Runs it as a process of its own, with its settings from the environment, until a signal ends it. */
export async function runWorker(): Promise<void> {
  await runService(async () => {
    const config = readConfig(process.env);
    requireDatabase(config);
    refuseRisks(config);
    const policy = readPolicy(config.policyFile);
    // Settings that prevent a start are reported before all the rest is loaded: the SDK alone takes most of a second.
    const [{ Runtime }, { createLogger }, { sdkLogger }, { startWorker }] = await Promise.all([
      import('@temporalio/worker'),
      import('./observability/logger.ts'),
      import('./observability/sdk-logger.ts'),
      import('./start-worker.ts'),
    ]);
    const logger = createLogger(config.logLevel);
    const sdkMetrics = config.metricsPort === undefined ? undefined : `${LOOPBACK}:${await freePort()}`;
    Runtime.install({
      logger: sdkLogger(logger),
      // `runService` stops the worker on a signal; the runtime must not do it too.
      shutdownSignals: [],
      telemetryOptions:
        sdkMetrics === undefined ? {} : { metrics: { prometheus: { bindAddress: sdkMetrics } } },
    });
    const running = await startWorker({
      config,
      policy,
      env: process.env,
      clock: () => new Date(),
      logger,
      waitForTemporal: true,
      ...(sdkMetrics === undefined ? {} : { sdkMetrics }),
    });
    running.ended.catch((error) => {
      logger.fatal({ err: error }, 'the worker died');
      process.exit(1);
    });
    logger.info({ task_queue: config.taskQueue, policy_version: policy.version }, 'worker runs');
    return { close: running.close, logger };
  });
}

if (import.meta.main) await runWorker();
