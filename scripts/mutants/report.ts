/** What a sample of faults came to. */
import equivalents from './equivalent.json' with { type: 'json' };
import type { Fault } from './fault.ts';
import type { Verdict } from './verdict.ts';

/** Why the fault changes nothing that anyone could see, where somebody looked at it and found so. */
export function whyEquivalent(fault: Fault): string | undefined {
  return equivalents.find(({ where, after }) => where === fault.where && after === fault.after)?.why;
}

export type MutantReport = {
  seed: number;
  tried: number;
  noticed: number;
  invalid: number;
  /** Drawn and not tried, for they change nothing; not among those that were noticed. */
  equivalent: { id: string; why: string }[];
  unnoticed: (Pick<Fault, 'id' | 'where' | 'line' | 'kind' | 'before' | 'after'> &
    Pick<Verdict, 'outcome' | 'files'>)[];
  text: string;
};

export function reportOf(
  done: readonly { fault: Fault; verdict: Verdict }[],
  drawn: readonly Fault[],
  seed: number,
): MutantReport {
  const equivalent = drawn.flatMap((fault) => {
    const why = whyEquivalent(fault);
    return why === undefined ? [] : [{ id: fault.id, why }];
  });
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
    ...equivalent.map(({ id, why }) => `not tried, for it changes nothing: ${id}\n    ${why}`),
    ...unnoticed.map(
      ({ id, kind, before, after, outcome, files }) =>
        `${outcome} (${kind}, ${files} files): ${id}\n    is:    ${before}\n    fault: ${after}`,
    ),
    `Seed ${seed}: ${noticed} of ${counted.length} faults were noticed (${share.toFixed(1)} %); ${equivalent.length} more change nothing.`,
  ];
  return {
    seed,
    tried: counted.length,
    noticed,
    invalid: done.length - counted.length,
    equivalent,
    unnoticed,
    text: lines.join('\n'),
  };
}
