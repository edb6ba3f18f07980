import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { freePort } from '../../src/local/ports.ts';
import { createDatabase, dropDatabase, type LocalPostgres, startPostgres } from '../../src/local/postgres.ts';
import { putCluster } from '../../src/testing/prepared-cluster.ts';
import { scratchFolder } from './support/scratch.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let dataDir: string;
beforeEach(() => {
  dataDir = scratchFolder();
});

/** A database that was made before: for what comes after a first start. */
async function made(): Promise<void> {
  await putCluster(dataDir);
}

/** Starts a server that the test's end stops; writing nothing through to the disk makes it quick. */
async function started(options: { port?: number } = {}): Promise<LocalPostgres> {
  const server = await startPostgres({ dataDir, settings: { fsync: 'off' }, ...options });
  onTestFinished(() => server.stop());
  return server;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

describe('the local PostgreSQL', () => {
  test('keeps its data and its password from start to start', async () => {
    const first = await started();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await started();
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([42]);
  });

  test('starts again after its process was killed, with what was committed', async () => {
    await made();
    const first = await started();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    process.kill(first.pid, 'SIGKILL');
    expect(await first.ended).toBe('SIGKILL');
    const second = await started();
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([42]);
  });

  test('is not started twice on one folder', async () => {
    await made();
    await started();
    await expect(started()).rejects.toThrow(
      `The database in ${dataDir} is in use by process ${process.pid}: stop that one or set BOON_DATA_DIR to another folder`,
    );
  });

  test('listens on the port it is given, and says when that is in use', async () => {
    await made();
    const port = await freePort();
    const first = await started({ port });
    expect(first.port).toBe(port);
    const elsewhere = startPostgres({ dataDir: scratchFolder(), port, settings: { fsync: 'off' } });
    await expect(elsewhere).rejects.toThrow(`Port ${port} (PostgreSQL) is in use`);
  });

  test('asks for its password, which only its owner may read', async () => {
    await made();
    const { url } = await started();
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect(statSync(join(dataDir, 'password')).mode & 0o777).toBe(0o600);
  });

  test('begins afresh where an earlier first start was killed half way', async () => {
    await made();
    // What a kill during initdb leaves: the database unfinished beside, and nothing in its place.
    rmSync(join(dataDir, 'data'), { recursive: true });
    writeFileSync(join(dataDir, 'making'), 'half');
    const server = await started();
    expect(await query(server.url, 'SELECT 1')).toEqual([1]);
    expect(readdirSync(dataDir).sort()).toEqual(['claim.json', 'data', 'password', 'server.log']);
  });

  test('says so when the password of existing data is gone', async () => {
    await made();
    rmSync(join(dataDir, 'password'));
    await expect(started()).rejects.toThrow(/password, the password of the local database, is missing/);
  });

  test('says so when the password file belongs to other data', async () => {
    await made();
    writeFileSync(join(dataDir, 'password'), 'another');
    await expect(started()).rejects.toThrow(/did not start \(.*password authentication failed.*\): see/);
  });

  test('starts although a stranger now has the process number noted in its folder', async () => {
    await made();
    const note = `${process.pid}\n${join(dataDir, 'data')}\n1\n5432\n\n127.0.0.1\n0 0\nready\n`;
    writeFileSync(join(dataDir, 'data', 'postmaster.pid'), note, { mode: 0o600 });
    const server = await started();
    expect(await query(server.url, 'SELECT 1')).toEqual([1]);
  });

  test('quotes the reason when it does not start', async () => {
    await made();
    const start = startPostgres({ dataDir, settings: { shared_buffers: 'plenty' } });
    await expect(start).rejects.toThrow(
      `The local PostgreSQL did not start (invalid value for parameter "shared_buffers": "plenty"): see ${join(dataDir, 'server.log')}`,
    );
    expect(readFileSync(join(dataDir, 'server.log'), 'utf8')).toContain('plenty');
  });
});

describe('a database', () => {
  test('is created as a copy of a template and dropped with its connections', async () => {
    await made();
    const { url } = await started();
    const template = await createDatabase(url, 'template "one"');
    await query(template, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const copy = await createDatabase(url, 'copy', { template: 'template "one"' });
    expect(await query(copy, 'SELECT answer FROM kept')).toEqual([42]);
    const connected = new pg.Client({ connectionString: copy });
    connected.on('error', () => {});
    await connected.connect();
    await dropDatabase(url, 'copy');
    await dropDatabase(url, 'copy');
    await expect(query(copy, 'SELECT 1')).rejects.toThrow('database "copy" does not exist');
  });
});
