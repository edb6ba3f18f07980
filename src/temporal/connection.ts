/** The way to Temporal: any cluster or Temporal Cloud, by Temporal's own settings. */
import {
  Client,
  Connection,
  type ConnectionOptions,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import type { DataConverter, PayloadCodec } from '@temporalio/common';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { FAILURE_CONVERTER } from './failure-conversion.ts';

const DEFAULT_ADDRESS = 'localhost:7233';
const DEFAULT_NAMESPACE = 'default';
/** Tries of one call: about a second. Who calls has a caller waiting, or tries again by itself. */
const MOST_TRIES = 4;

/** Where Temporal is and how it is entered. */
export type TemporalTarget = {
  namespace: string;
  connectionOptions: ClientConnectConfig['connectionOptions'];
};

/**
 * Reads `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, the `TEMPORAL_TLS…` variables and the profile
 * that they name.
 * @param address wins over the environment; the local launcher knows its own server.
 */
export function temporalTarget(env: NodeJS.ProcessEnv, address?: string): TemporalTarget {
  const given = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  const { connectionOptions, namespace } = loadClientConnectConfig({
    overrideEnvVars: Object.fromEntries(given),
  });
  return {
    namespace: namespace ?? DEFAULT_NAMESPACE,
    connectionOptions: {
      ...connectionOptions,
      address: address ?? connectionOptions.address ?? DEFAULT_ADDRESS,
    },
  };
}

/** The option of clients and workers that has payloads go through the codec, and with them addresses in failures. */
export function converted(codec: PayloadCodec | undefined): { dataConverter?: DataConverter } {
  if (codec === undefined) return {};
  return { dataConverter: { payloadCodecs: [codec], failureConverterPath: FAILURE_CONVERTER } };
}

/**
 * A client on one connection, which it opens at its first call: a server starts while Temporal is away, and one
 * connection for all calls is what keeps starting a gift at one round trip. `client.connection.close()` ends it.
 * @param codec what the workers have; without one, what they encrypt cannot be read.
 */
export function temporalClient(
  { namespace, connectionOptions }: TemporalTarget,
  codec?: PayloadCodec,
): Client {
  const connection = Connection.lazy({
    ...(connectionOptions as ConnectionOptions),
    interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: MOST_TRIES }))],
    // gRPC waits up to two minutes between tries by default; gifts should start soon after Temporal is back.
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 250, 'grpc.max_reconnect_backoff_ms': 2000 },
  });
  return new Client({ connection, namespace, ...converted(codec) });
}
