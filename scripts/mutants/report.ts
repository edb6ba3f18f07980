/** What a sample of faults came to. */
import equivalents from './equivalent.json' with { type: 'json' };
import type { Fault } from './fault.ts';
import type { Verdict } from './verdict.ts';

/** Whether somebody looked at the fault and found that it changes nothing that anyone could see; the file says why. */
export function isEquivalent(fault: Fault): boolean {
  return (equivalents as { where: string; after: string }[]).some(
    ({ where, after }) => where === fault.where && after === fault.after,
  );
}

export type MutantReport = {
  seed: number;
  tried: number;
  noticed: number;
  invalid: number;
  unnoticed: (Pick<Fault, 'id' | 'where' | 'line' | 'kind' | 'before' | 'after'> &
    Pick<Verdict, 'outcome' | 'files'>)[];
  text: string;
};

export function reportOf(done: readonly { fault: Fault; verdict: Verdict }[], seed: number): MutantReport {
  const counted = done.filter(({ verdict }) => verdict.outcome !== 'invalid');
  const unnoticed = counted
    .filter(({ verdict }) => verdict.outcome !== 'noticed')
    .map(({ fault: { id, where, line, kind, before, after }, verdict: { outcome, files } }) => ({
      id,
      where,
      line,
      kind,
      before,
      after,
      outcome,
      files,
    }));
  const noticed = counted.length - unnoticed.length;
  const share = counted.length === 0 ? 0 : (noticed / counted.length) * 100;
  const lines = [
    ...unnoticed.map(
      ({ id, kind, before, after, outcome, files }) =>
        `${outcome} (${kind}, ${files} files): ${id}\n    is:    ${before}\n    fault: ${after}`,
    ),
    `Seed ${seed}: ${noticed} of ${counted.length} faults were noticed (${share.toFixed(1)} %).`,
  ];
  return {
    seed,
    tried: counted.length,
    noticed,
    invalid: done.length - counted.length,
    unnoticed,
    text: lines.join('\n'),
  };
}
