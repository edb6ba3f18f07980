/** The HTTP server as a process: `node src/server.ts`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig, readPolicy, requireDatabase } from './config.ts';
import { runService } from './observability/run-service.ts';
import { refuseRisks, warnOfRisks } from './risks.ts';

/** Runs it as a process of its own, with its settings from the environment, until a signal ends it. */
export async function runServer(): Promise<void> {
  await runService(async () => {
    const config = readConfig(process.env);
    requireDatabase(config);
    refuseRisks(config);
    const policy = readPolicy(config.policyFile);
    // Settings that prevent a start are reported before all the rest is loaded.
    const [{ createLogger, gatheredOutput }, { startServer }] = await Promise.all([
      import('./observability/logger.ts'),
      import('./start-server.ts'),
    ]);
    const logger = createLogger(config.logLevel, gatheredOutput());
    const server = await startServer({ config, policy, env: process.env, clock: () => new Date(), logger });
    if (server.madeApiKey !== undefined) {
      process.stdout.write(`\nOperator API key, shown this once: ${server.madeApiKey}\n\n`);
    }
    warnOfRisks(config, logger);
    logger.info({ url: server.url, policy_version: policy.version }, 'HTTP server listens');
    const close = async (signal: string) => {
      server.drain();
      // Whoever ends it from a terminal has no load balancer in front of it.
      if (signal === 'SIGTERM') await sleep(config.drainSeconds * 1000);
      await server.close();
    };
    return { close, logger };
  });
}

if (import.meta.main) await runServer();
