/** The Temporal servers that test files run against, as one shape. */
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../../src/contracts/temporal.ts';
import {
  startTemporalDevServer,
  startTimeSkippingServer,
  type TemporalDevServerOptions,
} from '../../src/local/temporal.ts';
import { findTemporalCli } from '../../src/local/temporal-binary.ts';
import { findTimeSkippingServer } from '../../src/local/time-skipping-binary.ts';

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

/** A full Temporal server; time is real. */
export async function devServer(options: Omit<TemporalDevServerOptions, 'cli'> = {}): Promise<TestTemporal> {
  const cli = await findTemporalCli();
  const server = await startTemporalDevServer({ headless: true, ...options, cli });
  const connection = await Connection.connect({ address: server.address });
  const nativeConnection = await NativeConnection.connect({ address: server.address });
  return {
    client: new Client({ connection }),
    nativeConnection,
    address: server.address,
    now: async () => new Date(),
    sleep: (milliseconds) => pause(milliseconds),
    skipsTime: false,
    async close() {
      await connection.close();
      await nativeConnection.close();
      await server.stop();
    },
  };
}
