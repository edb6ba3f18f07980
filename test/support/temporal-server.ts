/** The Temporal servers that test files run against, as one shape. */
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import pg from 'pg';
import { inject } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../src/contracts/temporal.ts';
import {
  startTemporalDevServer,
  startTimeSkippingServer,
  type TemporalDevServerOptions,
} from '../../src/local/temporal.ts';
import { findTemporalCli } from '../../src/local/temporal-binary.ts';
import { findTimeSkippingServer } from '../../src/local/time-skipping-binary.ts';
import { temporalClient, temporalTarget } from '../../src/temporal/connection.ts';
import { NAMESPACE_SEQUENCE, TEST_NAMESPACES } from './suite.ts';

export type TestTemporal = {
  client: Client;
  nativeConnection: NativeConnection;
  address: string;
  /** The server's clock. */
  now: () => Promise<Date>;
  /** Lets so many milliseconds pass: at once on the time-skipping server, really on the other. */
  sleep: (milliseconds: number) => Promise<void>;
  /** The time-skipping server knows no lists, schedules and worker deployments. */
  skipsTime: boolean;
  close: () => Promise<void>;
};

/** A server that can be killed and started again, on the port and the `dbFile` that it was given. */
export type DevTemporal = TestTemporal & { kill: () => Promise<void>; startAgain: () => Promise<void> };

const REAL_TIME = {
  now: async () => new Date(),
  sleep: (milliseconds: number) => pause(milliseconds),
  skipsTime: false,
};

/** Time stands still but for `sleep`. */
export async function timeSkippingServer(): Promise<TestTemporal> {
  const server = await findTimeSkippingServer();
  const environment = await startTimeSkippingServer({ server, searchAttributes: SEARCH_ATTRIBUTES });
  return {
    // Not the environment's own client, whose `result()` would let time run.
    client: new Client({ connection: environment.connection }),
    nativeConnection: environment.nativeConnection,
    address: environment.address,
    now: async () => new Date(await environment.currentTimeMs()),
    sleep: (milliseconds) => environment.sleep(milliseconds),
    skipsTime: true,
    close: () => environment.teardown(),
  };
}

/**
 * A namespace of a file's own on the full Temporal server that the suite shares; time is real. For files that neither
 * stop the server nor set its limits.
 */
export async function devNamespace(): Promise<TestTemporal> {
  const address = inject('temporalAddress');
  const client = temporalClient(
    temporalTarget({ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: await freshNamespace() }),
  );
  const nativeConnection = await NativeConnection.connect({ address });
  return {
    client,
    nativeConnection,
    address,
    ...REAL_TIME,
    async close() {
      await client.connection.close();
      await nativeConnection.close();
    },
  };
}

/** The next namespace that no file has had yet; the suite's PostgreSQL counts them for all processes. */
async function freshNamespace(): Promise<string> {
  const database = new pg.Client({ connectionString: inject('postgresUrl') });
  await database.connect();
  try {
    const { rows } = await database.query('SELECT nextval($1)::int AS next', [NAMESPACE_SEQUENCE]);
    const namespace = TEST_NAMESPACES[rows[0].next - 1];
    if (namespace === undefined) throw new Error('The suite needs more namespaces: test/support/suite.ts');
    return namespace;
  } finally {
    await database.end();
  }
}

/** A full Temporal server of a file's own, which it may kill and set limits on; time is real. */
export async function devServer(options: Omit<TemporalDevServerOptions, 'cli'> = {}): Promise<DevTemporal> {
  const cli = await findTemporalCli();
  const start = () => startTemporalDevServer({ headless: true, ...options, cli });
  let server = await start();
  // As a service connects, so that a restart of the server is what it is for a service.
  const client = temporalClient(temporalTarget({ TEMPORAL_ADDRESS: server.address }));
  const nativeConnection = await NativeConnection.connect({ address: server.address });
  return {
    client,
    nativeConnection,
    address: server.address,
    ...REAL_TIME,
    async kill() {
      process.kill(server.pid, 'SIGKILL');
      await server.stop();
    },
    async startAgain() {
      server = await start();
    },
    async close() {
      await client.connection.close();
      await nativeConnection.close();
      await server.stop();
    },
  };
}
