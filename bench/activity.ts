/** Activity events of accounts without a referral through the HTTP server, against an empty route behind a key. */
import { randomBytes } from 'node:crypto';
import type { Bench } from './support/bench.ts';
import type { Figure } from './support/figure.ts';
import { requestsPerSecond, startMeasuredServer } from './support/http-rig.ts';
import { ACCOUNTS, accountId, openLedgerDatabase } from './support/ledger-database.ts';

const CONNECTIONS = 256;

export const activity: Bench = async ({ postgresUrl, rounds, seconds, progress }) => {
  const database = await openLedgerDatabase(postgresUrl, 'bench_activity');
  const apiKey = `boon_sk_${randomBytes(32).toString('base64url')}`;
  const boon = await startMeasuredServer({ apiKey, databaseUrl: database.url });
  const empty = await startMeasuredServer({ apiKey });
  const load = { apiKey, path: '/v1/activity', connections: CONNECTIONS, body: newEvent };
  const reference: Figure = { name: 'requests/s of an empty authenticated route', rounds: [], unit: '/s' };
  const events: Figure = { name: 'activity events/s through HTTP', rounds: [], unit: '/s' };
  const ratio: Figure = {
    name: 'activity events/s through HTTP ÷ an empty authenticated route',
    rounds: [],
    unit: '×',
    bound: { least: 0.5 },
  };
  try {
    for (const { port } of [boon, empty]) await requestsPerSecond({ ...load, port, seconds: 2 });
    for (let round = 1; round <= rounds; round++) {
      progress(`activity, round ${round} of ${rounds}`);
      const bare = await requestsPerSecond({ ...load, port: empty.port, seconds });
      const noted = await requestsPerSecond({ ...load, port: boon.port, seconds });
      reference.rounds.push(bare);
      events.rounds.push(noted);
      ratio.rounds.push(noted / bare);
    }
  } finally {
    await boon.stop();
    await empty.stop();
    await database.close();
  }
  return [reference, events, ratio];
};

let serial = 0;

/** Three prompts to a login, of any account, now. */
function newEvent(): string {
  serial += 1;
  return JSON.stringify({
    id: `evt_${serial}`,
    account_id: accountId(Math.floor(Math.random() * ACCOUNTS)),
    kind: serial % 4 === 0 ? 'login' : 'prompt',
    at: new Date().toISOString(),
  });
}
