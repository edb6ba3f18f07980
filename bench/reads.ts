/** What an account is shown over HTTP, against an empty route behind a key. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Ledger } from '../src/ledger/ledger.ts';
import type { Bench } from './support/bench.ts';
import type { Figure } from './support/figure.ts';
import { requestsPerSecond, startMeasuredServer } from './support/http-rig.ts';
import { accountId, openLedgerDatabase, START } from './support/ledger-database.ts';

const CONNECTIONS = 64;
/** Those that are asked for, each with a statement that is longer than what is shown. */
const READERS = 200;
const ROWS = 20;
const READS = {
  balance: 'GET balance',
  limits: 'GET limits',
  [`statement?limit=${ROWS}`]: `GET statement (${ROWS} rows)`,
};

export const reads: Bench = async ({ postgresUrl, rounds, seconds, progress }) => {
  const database = await openLedgerDatabase(postgresUrl, 'bench_reads');
  await giveALot(database.ledger);
  await database.sql.query('VACUUM ANALYZE');
  const apiKey = `boon_sk_${randomBytes(32).toString('base64url')}`;
  const boon = await startMeasuredServer({ apiKey, databaseUrl: database.url });
  const empty = await startMeasuredServer({ apiKey });
  const rate = async (port: number, what: string, length: number) => {
    const path = () => `/v1/accounts/${accountId(Math.floor(Math.random() * READERS))}/${what}`;
    return await requestsPerSecond({ apiKey, port, path, connections: CONNECTIONS, seconds: length });
  };
  const reference: Figure = {
    name: 'requests/s of an empty authenticated route, GET',
    rounds: [],
    unit: '/s',
  };
  const figures = Object.entries(READS).map(([path, name]) => ({
    path,
    reads: { name: `${name}, requests/s, 64 connections`, rounds: [], unit: '/s' } as Figure,
    ratio: {
      name: `${name} ÷ an empty authenticated route, 64 connections`,
      rounds: [],
      unit: '×',
      bound: { least: 0.5 },
    } as Figure,
  }));
  try {
    await rate(empty.port, 'balance', 2);
    for (const { path } of figures) await rate(boon.port, path, 2);
    for (let round = 1; round <= rounds; round++) {
      progress(`reads, round ${round} of ${rounds}`);
      const bare = await rate(empty.port, 'balance', seconds);
      reference.rounds.push(bare);
      for (const { path, reads, ratio } of figures) {
        const read = await rate(boon.port, path, seconds);
        reads.rounds.push(read);
        ratio.rounds.push(read / bare);
      }
    }
  } finally {
    await boon.stop();
    await empty.stop();
    await database.close();
  }
  return [reference, ...figures.flatMap(({ reads, ratio }) => [reads, ratio])];
};

/** More gifts from each of the readers than a page of its statement shows. */
async function giveALot(ledger: Ledger): Promise<void> {
  for (let row = 0; row <= ROWS; row++) {
    const gifts = Array.from({ length: READERS }, (_, from) =>
      ledger.acceptGift({
        key: randomUUID(),
        id: `gft_${randomUUID()}`,
        at: new Date(START + row * 1_000).toISOString(),
        from: accountId(from),
        to: { account_id: accountId(from + READERS) },
        amount: '1',
        funding: 'transfer',
        message: null,
      }),
    );
    await Promise.all(gifts);
  }
}
