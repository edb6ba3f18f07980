/** What `boon doctor` finds: settings, policy, machine, and every service. Loaded when the command runs. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Config, ConfigError, readConfig, readPolicy } from '../../config.ts';
import { runningStack } from '../../local/running-stack.ts';
import { checkDatabase } from './database.ts';
import { type Finding, fault, off, ok, warning } from './finding.ts';
import { checkHttp } from './http.ts';
import { checkMachine } from './machine.ts';

export async function examine(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  let config: Config;
  try {
    config = readConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((one) =>
      fault('settings', one, '`boon doctor --settings` shows what each takes.'),
    );
  }
  const machine = await checkMachine(config, env);
  const { findings, version } = checkPolicy(config);
  return [
    ok('settings', 'every one can be read'),
    ...findings,
    ...machine,
    ...(await checkParts(config, env, version)),
  ];
}

/** The services: those that the settings name, else those of the local start. */
async function checkParts(
  given: Config,
  env: NodeJS.ProcessEnv,
  policy: string | undefined,
): Promise<Finding[]> {
  const dataDir = resolve(given.dataDir);
  const running = await runningStack(dataDir);
  const config: Config = {
    ...given,
    temporalAddress: given.temporalAddress ?? running?.temporalAddress,
  };
  const url = config.url?.replace(/\/+$/, '') ?? running?.url;
  const database = config.databaseUrl ?? running?.databaseUrl;
  // What these load, faulty settings do not need.
  const [{ checkTemporal }, { checkMail }] = await Promise.all([
    import('./temporal.ts'),
    import('./mail.ts'),
  ]);
  return [
    checkDataFolder(given, dataDir),
    ...(url === undefined ? [noServer(given, dataDir)] : await checkHttp(url, policy)),
    ...(database === undefined ? [off('PostgreSQL', 'no local start runs')] : await checkDatabase(database)),
    ...(config.temporalAddress === undefined
      ? [off('Temporal', 'no local start runs')]
      : await checkTemporal(config, env)),
    await checkMail(config),
    ...checkTokens(config),
    checkPayments(config),
  ];
}

/** No server is named and none runs here: a fault where one has run before, or its database is elsewhere. */
function noServer({ databaseUrl, dataDir }: Config, folder: string): Finding {
  const part = 'HTTP server';
  if (databaseUrl !== undefined) {
    const fix = 'Set BOON_URL to where it runs, http://localhost:8080 say.';
    return warning(part, 'is not looked at: BOON_URL is not set', fix);
  }
  if (!existsSync(join(folder, 'postgres', 'data')))
    return off(part, 'BOON_URL is not set and no local start runs');
  const fix = `Start it: \`BOON_DATA_DIR=${dataDir} npm start\`; or set BOON_URL to where another runs.`;
  return fault(part, `the Boon of ${dataDir} does not run, so nothing settles`, fix);
}

function checkPolicy({ policyFile }: Config): { findings: Finding[]; version?: string } {
  const part = 'policy';
  try {
    const { version } = readPolicy(policyFile);
    const from = policyFile === undefined ? 'as shipped' : `${policyFile} over the shipped one`;
    return { findings: [ok(part, `${version}, ${from}`)], version };
  } catch (error) {
    // Its first line names the file, and each of the others a fault.
    const [first = '', ...faults] = (error instanceof Error ? error.message : String(error)).split('\n');
    const lines = faults.length === 0 ? [first] : faults.map((line) => `${policyFile}: ${line.trim()}`);
    const fix = `Fix it there; \`boon policy check ${policyFile}\` shows the same.`;
    return { findings: lines.map((line) => fault(part, line, fix)) };
  }
}

function checkDataFolder({ databaseUrl, dataDir }: Config, folder: string): Finding {
  const part = 'data folder';
  if (databaseUrl !== undefined) return off(part, 'DATABASE_URL names a database elsewhere');
  const data = existsSync(join(folder, 'postgres', 'data'));
  if (!data) return off(part, `${dataDir} is empty; the first \`npm start\` fills it`);
  return existsSync(join(folder, 'encryption-key'))
    ? ok(part, dataDir)
    : fault(part, `${dataDir}/encryption-key is missing`, 'Restore it: without it no address can be read.');
}

function checkTokens({ jwt }: Config): Finding[] {
  const part = 'end users’ tokens';
  if (jwt.trustUnsigned) {
    const fix = 'Unset it anywhere but on your own machine.';
    return [warning(part, 'BOON_TRUST_UNSIGNED_TOKENS is on: anybody can speak for any end user', fix)];
  }
  return [
    jwt.jwksUrl === undefined ? off(part, 'none are taken: BOON_JWKS_URL is not set') : ok(part, jwt.jwksUrl),
  ];
}

function checkPayments({ stripe, demoPayments }: Config): Finding {
  const part = 'payments';
  if (stripe !== undefined) return ok(part, 'through Stripe');
  if (demoPayments !== true) {
    return off(part, 'STRIPE_API_KEY is not set; `npm start` demonstrates them on a database of its own');
  }
  const fix = 'Unset it anywhere but where Boon is tried out.';
  return warning(part, 'BOON_DEMO_PAYMENTS is on: credits are sold and no money moves', fix);
}
