/** Starts of all processes: what an earlier process under the same id allows. Temporal itself is tried in `test/temporal`. */
import { expect, test } from 'vitest';
import { type FoundBy, searchAttributes } from '../../src/contracts/search-attributes.ts';
import { type ProcessStart, type Replacing, startOptions } from '../../src/temporal/start-process.ts';

type AnyWorkflow = (input: string) => Promise<void>;

const start = (runs: 'once' | 'again'): ProcessStart<AnyWorkflow> => ({
  workflow: 'any',
  workflowId: 'any/1',
  args: ['input'],
  runs,
  foundBy: { accounts: ['ada'], status: null },
  staticSummary: 'Any',
});

const POLICIES: ['once' | 'again', Replacing | undefined, string][] = [
  ['once', undefined, 'REJECT_DUPLICATE'],
  ['once', 'lost', 'ALLOW_DUPLICATE_FAILED_ONLY'],
  ['once', 'completed', 'ALLOW_DUPLICATE'],
  ['again', undefined, 'ALLOW_DUPLICATE'],
  ['again', 'lost', 'ALLOW_DUPLICATE'],
  ['again', 'completed', 'ALLOW_DUPLICATE'],
];

test.each(POLICIES)(
  'a process that runs %s, started to replace one that is %s: %s',
  (runs, replacing, policy) => {
    const options = startOptions(start(runs), 'boon', replacing);
    expect(options).toMatchObject({ workflowId: 'any/1', args: ['input'], taskQueue: 'boon' });
    expect(options.workflowIdReusePolicy).toBe(policy);
    expect(options.workflowIdConflictPolicy).toBe('USE_EXISTING');
    expect(Object.keys(options)).not.toContain('runs');
    expect(Object.keys(options)).not.toContain('workflow');
  },
);

const FOUND: [string, FoundBy, string[]][] = [
  ['nothing', {}, []],
  ['its account', { accounts: ['ada'] }, ['BoonAccount']],
  [
    'everything',
    { accounts: ['ada', 'bob'], credits: '2.5', program: 'gift', status: 'held' },
    ['BoonAccount', 'BoonCredits', 'BoonProgram', 'BoonStatus'],
  ],
  ['no status while it has none', { program: 'gift', status: null }, ['BoonProgram']],
];

test.each(FOUND)('a process is found by %s', (_what, foundBy, names) => {
  expect(
    searchAttributes(foundBy)
      .getAll()
      .map(({ key }) => key.name),
  ).toEqual(names);
});
