/**
 * The order of a run: files that mostly wait for servers, processes and real time stand evenly among those that compute, so
 * that the processor has something to do while they wait; of both the longest first, so that no long one is left for the
 * end. Vitest by itself knows durations only where it has run before.
 */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose files mostly wait, in the order of how long they take. */
const WAITING = ['simulation', 'production', 'chaos', 'e2e', 'temporal', 'local'];
/** The same for those that compute; all others come behind. */
const COMPUTING = ['testing', 'workflows', 'model', 'cli'];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const bySize = await super.sort(files);
    const longestFirst = (one: TestSpecification, other: TestSpecification) => rank(one) - rank(other);
    const waiting = bySize.filter((file) => WAITING.includes(folderOf(file))).sort(longestFirst);
    const computing = bySize.filter((file) => !WAITING.includes(folderOf(file))).sort(longestFirst);
    return evenly(waiting, computing);
  }
}

/** Both in their order, the few spread evenly among the many. */
function evenly<T>(few: readonly T[], many: readonly T[]): T[] {
  const places = [few, many].flatMap((list) => list.map((item, n) => ({ item, at: n / list.length })));
  return places.sort((one, other) => one.at - other.at).map(({ item }) => item);
}

function rank(file: TestSpecification): number {
  const folders = [...WAITING, ...COMPUTING];
  const at = folders.indexOf(folderOf(file));
  return at === -1 ? folders.length : at;
}

function folderOf({ moduleId }: TestSpecification): string {
  const [, folder = ''] = relative('', moduleId).split('/');
  return folder;
}
