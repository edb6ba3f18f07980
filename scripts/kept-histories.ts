/**
 * Recorded histories as they are kept. One that tells of the same steps as the one before it changes nothing. Where the
 * steps are others, the one before moves to the earlier ones and is replayed from there for ever: runs that began so may
 * still be on their way.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type proto from '@temporalio/proto';
import { readHistory, writeHistory } from '../test/support/history-file.ts';

type History = proto.temporal.api.history.v1.IHistory;

/** @returns what happened to it, in a word. */
export async function keepHistory(folder: string, name: string, history: History): Promise<string> {
  const file = join(folder, `${name}.json`);
  if (!existsSync(file)) {
    await mkdir(folder, { recursive: true });
    await writeHistory(file, history);
    return 'new';
  }
  const fresh = `${file}.fresh`;
  await writeHistory(fresh, history);
  const [before, now] = [stepsOf(await readHistory(file)), stepsOf(await readHistory(fresh))];
  if (before === now) {
    await rm(fresh);
    return 'as before';
  }
  const earlier = join(folder, 'earlier');
  await mkdir(earlier, { recursive: true });
  let version = 1;
  while (existsSync(join(earlier, `${name}.${version}.json`))) version += 1;
  await rename(file, join(earlier, `${name}.${version}.json`));
  await rename(fresh, file);
  return `other steps; the one before is earlier/${name}.${version}`;
}

/** What the workflow had done, in its order: what a replay compares, without times, ids and texts. */
function stepsOf({ events }: History): string {
  const steps = (events ?? []).flatMap((event): string[] => {
    if (event.markerRecordedEventAttributes != null) {
      const { markerName, details } = event.markerRecordedEventAttributes;
      const data = details?.data?.payloads?.[0]?.data ?? details?.['patch-data']?.payloads?.[0]?.data;
      const told = data == null ? {} : JSON.parse(Buffer.from(data).toString());
      return [`${markerName} ${told.activity_type ?? told.id ?? ''}`];
    }
    const activity = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (activity != null) return [`activity ${activity}`];
    const kinds = Object.keys(event).filter(
      (key) => STEPS.test(key) && event[key as keyof typeof event] != null,
    );
    return kinds.map((kind) => kind.replace('EventAttributes', ''));
  });
  return steps.join('\n');
}

const STEPS =
  /^(timer(Started|Canceled|Fired)|upsertWorkflow|workflowExecution(Completed|Failed|Canceled|ContinuedAsNew|Signaled|CancelRequested|Update(Accepted|Completed)))/;
