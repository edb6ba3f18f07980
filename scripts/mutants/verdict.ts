/** What came of a mutant, and where that is kept from run to run. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Fault } from './fault.ts';

export type Outcome =
  /** A test failed, or did not end. */
  | 'noticed'
  /** Every test that reaches it passed. */
  | 'survived'
  /** No test file of these reaches it. */
  | 'not reached'
  /** It is no program: PostgreSQL or Node refuses it. */
  | 'invalid';

export type Verdict = {
  id: string;
  /** Of the text that had the fault: in another text it is another fault. */
  digest: string;
  outcome: Outcome;
  /** The test that failed, and what it said first. */
  by?: string;
  /** Its file. */
  file?: string;
  /** How many files could have noticed it. */
  files: number;
  seconds: number;
};

/** The verdicts of earlier runs, and a place for new ones. */
export function verdictsIn(store: string) {
  const lines = existsSync(store) ? readFileSync(store, 'utf8').split('\n').filter(Boolean) : [];
  const known = new Map<string, Verdict>();
  const nameOf = ({ id, digest }: Pick<Verdict, 'id' | 'digest'>) => `${digest} ${id}`;
  for (const line of lines) {
    const verdict = JSON.parse(line) as Verdict;
    known.set(nameOf(verdict), verdict);
  }
  return {
    of: (fault: Fault, digest: string) => known.get(nameOf({ id: fault.id, digest })),
    add(verdict: Verdict) {
      known.set(nameOf(verdict), verdict);
      appendFileSync(store, `${JSON.stringify(verdict)}\n`);
    },
    /** Files that noticed faults of the same function or file before: they are tried first. */
    noticedBy: (where: string) =>
      [...known.values()].filter((each) => each.id.startsWith(`${where}:`)).flatMap(({ file }) => file ?? []),
  };
}
