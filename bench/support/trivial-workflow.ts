/** The reference of the process's benchmarks: one timer and nothing else. */
import { sleep } from '@temporalio/workflow';

export async function trivial(ms: number): Promise<void> {
  await sleep(ms);
}
