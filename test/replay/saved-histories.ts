/** The saved histories: those of the present code, and in `earlier` those of versions before it. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type proto from '@temporalio/proto';
import { readHistory } from '../support/history-file.ts';

const FOLDER = join(import.meta.dirname, 'histories');

type SavedHistory = {
  /** The file's name without its ending: `gift-settled`, `earlier/purchase-paid.1`. */
  name: string;
  workflowId: string;
  runId: string;
  history: proto.temporal.api.history.v1.History;
};

export async function savedNames(): Promise<string[]> {
  const files = await readdir(FOLDER, { recursive: true });
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

export async function savedHistory(name: string): Promise<SavedHistory> {
  const history = await readHistory(join(FOLDER, `${name}.json`));
  const started = history.events[0]?.workflowExecutionStartedEventAttributes;
  return {
    name,
    workflowId: started?.workflowId ?? '',
    runId: started?.originalExecutionRunId ?? '',
    history,
  };
}
