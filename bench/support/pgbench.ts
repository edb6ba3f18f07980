/** The reference of the ledger's benchmarks: a bare double-entry transfer, run by PostgreSQL's own `pgbench`. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

const ACCOUNTS = 10_000;

/** One row for the transfer and two running totals, accounts in id order so that clients never deadlock. */
const BARE_TRANSFER = `
\\set a random(1, ${ACCOUNTS})
\\set b random(1, ${ACCOUNTS})
\\set first least(:a, :b)
\\set second greatest(:a, :b)
BEGIN;
INSERT INTO bare_transfers (debit_account, credit_account, amount) VALUES (:a, :b, 1);
UPDATE bare_accounts SET debits = debits + 1 WHERE id = :first;
UPDATE bare_accounts SET credits = credits + 1 WHERE id = :second;
END;
`;

/** Makes the tables of the reference. */
export async function prepareBareTransfers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`
    CREATE TABLE bare_accounts (id int PRIMARY KEY, debits bigint NOT NULL, credits bigint NOT NULL) WITH (fillfactor = 70);
    INSERT INTO bare_accounts SELECT i, 0, 0 FROM generate_series(1, ${ACCOUNTS}) i;
    CREATE TABLE bare_transfers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, debit_account int NOT NULL,
      credit_account int NOT NULL, amount bigint NOT NULL)`);
  await client.query('VACUUM ANALYZE bare_accounts');
  await client.end();
}

/** Transfers a second over `seconds`, prepared statements, `clients` connections. */
export async function bareTransfersPerSecond(url: string, clients: number, seconds: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'boon-pgbench-'));
  try {
    const script = join(folder, 'transfer.sql');
    await writeFile(script, BARE_TRANSFER);
    const output = await run('pgbench', [
      '-n',
      '-M',
      'prepared',
      '-c',
      String(clients),
      '-j',
      '2',
      '-T',
      String(seconds),
      '-f',
      script,
      url,
    ]);
    const tps = /tps = ([\d.]+)/.exec(output)?.[1];
    if (tps === undefined) throw new Error(`pgbench gave no figure:\n${output}`);
    return Number(tps);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', (error) =>
      reject(
        new Error(
          `${command} is needed for the reference: install PostgreSQL's client programs (${error.message})`,
        ),
      ),
    );
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${command} ended with ${code}:\n${output}`)),
    );
  });
}
