/**
 * Scripts: runs of workflows whose activities answer what a script says. They are real runs on a real server, for
 * branches that real parts come by once in a long time: an activity that fails for good, a bank that takes days.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter, type TypedSearchAttributes } from '@temporalio/common';
import type proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { FAILURE_CONVERTER } from '../../src/temporal/failure-conversion.ts';
import type { TestTemporal } from '../../test/support/temporal-server.ts';

export type Script = {
  type: string;
  /** The workflow's id. */
  id: string;
  args?: unknown[];
  /** What activities answer, by name: a value, or a function of what they are asked. */
  answers?: Record<string, unknown>;
  typedSearchAttributes?: TypedSearchAttributes;
  /** What reaches it while it runs. It is waited for until it has ended. */
  meanwhile?: (run: ScriptedRun) => Promise<unknown>;
  /** They reach it before its first task. */
  messagesFirst?: boolean;
  /** On the server that skips time. */
  skipsTime?: boolean;
  /** As versions did it that knew none of the patches in the code. */
  unpatched?: boolean;
  /** What the run before it, of its schedule, ended with. */
  last?: { result?: unknown; failure?: unknown };
  /** Of a run that goes on in another one: the last run's history is kept too. */
  lastRunToo?: boolean;
  /** The last run's history is kept alone: the run before it was reset, and has nothing that this one has not. */
  lastRunOnly?: boolean;
};

export type ScriptedRun = {
  handle: WorkflowHandle;
  /** Waits until its history, of its present run, has so many events of a kind. */
  until: (kind: EventKind, count?: number) => Promise<void>;
  /** Sends an update; its refusal is not of interest. */
  update: (name: string, ...args: unknown[]) => Promise<unknown>;
  pass: (milliseconds: number) => Promise<void>;
  /** Waits until another run goes on where the present one stands. */
  untilAnotherRun: () => Promise<void>;
  /** Resets it to its first task, as an operator does. */
  beginAnew: () => Promise<void>;
  /** How long its history is. */
  length: () => Promise<number>;
};

type EventKind = 'timerStarted' | 'markerRecorded' | 'activityTaskScheduled' | 'workflowTaskCompleted';

/** Answers one after another; the last one from then on. */
export function inTurn(...answers: unknown[]): (...asked: unknown[]) => unknown {
  let next = 0;
  return (...asked) => {
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    return typeof answer === 'function' ? answer(...asked) : answer;
  };
}

/** An answer that refuses for good. */
export function refused(type = 'not_found'): () => never {
  return () => {
    throw ApplicationFailure.create({ message: 'The script refuses this', type, nonRetryable: true });
  };
}

/** An answer that never comes: the worker that was asked is as good as dead. */
export function never(): () => Promise<never> {
  return () => Context.current().cancelled;
}

/** An answer that comes after a while. */
export function slowly(milliseconds: number, answer: unknown): () => Promise<unknown> {
  return async () => {
    await sleep(milliseconds);
    return answer;
  };
}

export type ScriptedHistory = { name: string; history: proto.temporal.api.history.v1.IHistory };

export async function recordScript(
  server: TestTemporal,
  bundle: string,
  name: string,
  script: Script,
): Promise<ScriptedHistory[]> {
  const { client, nativeConnection: connection } = server;
  const code = script.unpatched === true ? withoutPatches(bundle) : bundle;
  const taskQueue = `scripted-${name}`;
  const worker = await Worker.create({
    connection,
    namespace: client.options.namespace,
    taskQueue,
    workflowBundle: { code },
    dataConverter: { failureConverterPath: FAILURE_CONVERTER },
    activities: Object.fromEntries(
      Object.entries(script.answers ?? {}).map(([activity, answer]) => [
        activity,
        async (...asked: unknown[]) => (typeof answer === 'function' ? answer(...asked) : answer),
      ]),
    ),
  });
  const runId = await start(server, taskQueue, script);
  const handle = client.workflow.getHandle(script.id);
  const messages = script.messagesFirst === true ? script.meanwhile?.(runOf(server, handle)) : undefined;
  if (messages !== undefined) await sleep(500);
  return await worker.runUntil(async () => {
    await (messages ?? script.meanwhile?.(runOf(server, handle)));
    await until(async () => (await handle.describe()).status.name !== 'RUNNING');
    const first = { name, history: await client.workflow.getHandle(script.id, runId).fetchHistory() };
    const started = first.history.events?.[0]?.workflowExecutionStartedEventAttributes;
    // The server that skips time leaves them out; a replay knows the run by them.
    if (started != null) Object.assign(started, { workflowId: script.id, originalExecutionRunId: runId });
    if (script.lastRunOnly === true) return [{ name, history: await handle.fetchHistory() }];
    if (script.lastRunToo !== true) return [first];
    return [first, { name: `${name}-last-run`, history: await handle.fetchHistory() }];
  });
}

async function start(server: TestTemporal, taskQueue: string, script: Script): Promise<string> {
  const { client } = server;
  const { type, id: workflowId, typedSearchAttributes, last } = script;
  const args = script.args ?? ([] as unknown[]);
  if (last === undefined) {
    const attributes = typedSearchAttributes === undefined ? {} : { typedSearchAttributes };
    const handle = await client.workflow.start(type, {
      workflowId,
      taskQueue,
      args,
      ...attributes,
    });
    return handle.firstExecutionRunId;
  }
  const payloads = (values: unknown[]) => ({
    payloads: values.map((value) => defaultPayloadConverter.toPayload(value)),
  });
  // Only a schedule says this by itself; it takes what it has seen.
  const { runId } = await client.workflowService.startWorkflowExecution({
    namespace: client.options.namespace,
    requestId: workflowId,
    workflowId,
    workflowType: { name: type },
    taskQueue: { name: taskQueue },
    ...(last.result === undefined ? {} : { lastCompletionResult: payloads([last.result]) }),
    ...(last.failure === undefined
      ? {}
      : {
          continuedFailure: {
            message: 'It failed',
            applicationFailureInfo: { type: 'duties_failed', details: payloads([last.failure]) },
          },
        }),
  });
  return runId;
}

function runOf(server: TestTemporal, handle: WorkflowHandle): ScriptedRun {
  return {
    handle,
    async until(kind, count = 1) {
      await until(async () => {
        const { events } = await handle.fetchHistory();
        return (events ?? []).filter((event) => event[`${kind}EventAttributes`] != null).length >= count;
      });
    },
    update: (name, ...args) => handle.executeUpdate(name, { args: args as [unknown] }).catch(() => undefined),
    pass: (milliseconds) => server.sleep(milliseconds),
    async untilAnotherRun() {
      const { runId } = await handle.describe();
      await until(async () => (await handle.describe()).runId !== runId);
    },
    beginAnew: () => reset(server, handle),
    length: async () => (await handle.fetchHistory()).events?.length ?? 0,
  };
}

async function reset({ client }: TestTemporal, handle: WorkflowHandle): Promise<void> {
  const { events } = await handle.fetchHistory();
  const task = events?.find((event) => event.workflowTaskCompletedEventAttributes != null);
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: handle.workflowId },
    reason: 'recorded',
    workflowTaskFinishEventId: task?.eventId ?? null,
    requestId: handle.workflowId,
  });
}

/** What a version without the patches did: the contract of `patched` is that its code without them is what that was. */
function withoutPatches(bundle: string): string {
  const without = bundle.replace(/\(0,\s*\w+\.patched\)\(/g, '((_) => false)(');
  if (without === bundle) throw new Error('The bundle has no patches');
  return without;
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await done()); tries += 1) {
    if (tries > 600) throw new Error('It did not come to its end');
    await sleep(50);
  }
}
