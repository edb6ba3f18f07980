/** What this machine brings: Node.js, and the servers of a local start. */
import type { Config } from '../../config.ts';
import { postgresBinaries } from '../../local/postgres-binaries.ts';
import { installedTemporalCli } from '../../local/temporal-binary.ts';
import { installedTimeSkippingServer } from '../../local/time-skipping-binary.ts';
import { type Finding, fault, off, ok, reason } from './finding.ts';

const OLDEST_NODE = 24;

export async function checkMachine(config: Config, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  return [checkNode(), await checkPostgres(config), checkTemporal(config, env), checkTimeSkipping(env)];
}

function checkNode(): Finding {
  const version = process.versions.node;
  return Number.parseInt(version, 10) >= OLDEST_NODE
    ? ok('Node.js', version)
    : fault('Node.js', `${version} is too old`, `Install Node.js ${OLDEST_NODE} or newer.`);
}

async function checkPostgres(config: Config): Promise<Finding> {
  const part = 'embedded PostgreSQL';
  if (config.databaseUrl !== undefined) return off(part, 'DATABASE_URL names another');
  try {
    return ok(part, (await postgresBinaries()).postgres);
  } catch (error) {
    return fault(part, reason(error), 'Run `npm ci`, or set DATABASE_URL to a PostgreSQL of your own.');
  }
}

function checkTemporal(config: Config, env: NodeJS.ProcessEnv): Finding {
  const part = 'local Temporal server';
  if (config.temporalAddress !== undefined) return off(part, 'TEMPORAL_ADDRESS names another');
  try {
    const found = installedTemporalCli(env);
    return found === undefined
      ? off(part, 'not here yet; the first `npm start` fetches it')
      : ok(part, found);
  } catch (error) {
    return fault(part, reason(error), 'Correct BOON_TEMPORAL_CLI or unset it.');
  }
}

function checkTimeSkipping(env: NodeJS.ProcessEnv): Finding {
  const part = 'time-skipping server (tests)';
  try {
    const found = installedTimeSkippingServer(env);
    return found === undefined ? off(part, 'not here yet; the first test fetches it') : ok(part, found);
  } catch (error) {
    return fault(part, reason(error), 'Correct BOON_TEMPORAL_TEST_SERVER or unset it.');
  }
}
