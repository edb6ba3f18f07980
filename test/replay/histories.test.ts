/** What earlier versions of the workflows did must be what this version would do, or running gifts would break. */
import { Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import '../support/quiet-sdk.ts';
import { type Branch, branchesGoneThrough, plainWorkflowBundle } from '../support/workflow-branches.ts';
import { savedHistory, savedNames } from './saved-histories.ts';
import { UNREACHED } from './unreached.ts';

const names = await savedNames();
const saved = await Promise.all(names.map(savedHistory));

let code: string;
let branches: Branch[];
/** What went wrong, by run; undefined where all is well. */
const outcomes = new Map<string, Error | undefined>();
beforeAll(async () => {
  code = await plainWorkflowBundle();
  branches = await branchesGoneThrough(code, async () => {
    // In this thread: V8 counts only what is run in it.
    const options = { workflowBundle: { code }, debugMode: true };
    for await (const { runId, error } of Worker.runReplayHistories(options, saved)) {
      outcomes.set(runId, error);
    }
  });
});

describe('a recorded history replays', () => {
  test.each(saved)('$name', ({ runId }) => {
    expect(outcomes.has(runId)).toBe(true);
    expect(outcomes.get(runId)).toBeUndefined();
  });
});

test('each run is recorded once', () => {
  expect(new Set(saved.map(({ runId }) => runId)).size).toBe(saved.length);
});

describe('every branch of every workflow', () => {
  const isExcepted = (branch: Branch, { within, way = '' }: (typeof UNREACHED)[number]) =>
    (branch.within === within || branch.within.startsWith(`${within}.`)) && branch.way.includes(way);

  test('is gone through by a saved history, or named in unreached.ts with its reason', () => {
    const missing = branches
      .filter(({ times }) => times <= 0)
      .filter((branch) => !UNREACHED.some((exception) => isExcepted(branch, exception)))
      .map(({ place, within, way }) => `${place} in ${within}, ${way}`);
    expect(missing).toEqual([]);
  });

  test('that is named there is gone through by none', () => {
    const needless = UNREACHED.filter(
      (exception) => !branches.some((branch) => branch.times <= 0 && isExcepted(branch, exception)),
    );
    expect(needless).toEqual([]);
  });

  test('is found in the code: ifs without an else, short cuts, failures, functions', () => {
    const ways = new Set(branches.map(({ way }) => way.slice(0, way.indexOf(':'))));
    expect([...ways].sort()).toEqual(
      ['', '&&', '??', 'call', 'catch', 'else', 'if', 'loop', '?', '||'].sort(),
    );
    expect(branches.length).toBeGreaterThan(600);
    expect(new Set(branches.map(({ place }) => place.split(':')[0])).size).toBeGreaterThan(20);
  });
});

test('a change of what a workflow does is noticed', async () => {
  const { history } = await savedHistory('gift-settled');
  const marker = history.events.find((event) => event.markerRecordedEventAttributes);
  const payload = marker?.markerRecordedEventAttributes?.details?.data?.payloads?.[0];
  if (payload == null) throw new Error('The history has no local activity');
  const recorded = JSON.parse(Buffer.from(payload.data ?? []).toString());
  payload.data = Buffer.from(JSON.stringify({ ...recorded, activity_type: 'settleGift' }));
  const replayed = Worker.runReplayHistory({ workflowBundle: { code } }, history, 'gift/gift-settled');
  await expect(replayed).rejects.toThrow(/nondeterminism/i);
});
