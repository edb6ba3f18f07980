/**
 * How a workflow's messages are named and typed. Workflow code and clients of every 1.x version of Temporal's SDK take these;
 * they are made here because a backend that has only Temporal's client has no `@temporalio/workflow` to make them with.
 */
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';

/** A query that answers with `Ret`, for `handle.query` and `setHandler`. */
export function defineQuery<Ret, Args extends unknown[] = []>(name: string): QueryDefinition<Ret, Args> {
  return { type: 'query', name } as QueryDefinition<Ret, Args>;
}

/** A signal with these arguments, for `handle.signal` and `setHandler`. */
export function defineSignal<Args extends unknown[] = []>(name: string): SignalDefinition<Args> {
  return { type: 'signal', name } as SignalDefinition<Args>;
}

/** An update that answers with `Ret`, for `handle.executeUpdate` and `setHandler`. */
export function defineUpdate<Ret, Args extends unknown[] = []>(name: string): UpdateDefinition<Ret, Args> {
  return { type: 'update', name } as UpdateDefinition<Ret, Args>;
}
