/**
 * The order of a run: files that mostly wait for servers, processes and real time first, so that they wait beside each
 * other and no long one is left for the end. Vitest by itself knows durations only where it has run before.
 */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders in the order of how long their files take, the longest first. */
const FOLDERS = [
  'simulation',
  'production',
  'chaos',
  'e2e',
  'temporal',
  'testing',
  'local',
  'workflows',
  'model',
  'cli',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const bySize = await super.sort(files);
    return bySize.sort((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const [, folder = ''] = relative('', moduleId).split('/');
  const at = FOLDERS.indexOf(folder);
  return at === -1 ? FOLDERS.length : at;
}
