/** Figures: what was measured in each round, its median, and the bound it is held against. */

export type Figure = {
  name: string;
  /** One value a round. */
  rounds: number[];
  /** `at least` or `at most` this; none for figures that are shown only. */
  bound?: { least: number } | { most: number };
  /** What the value is a ratio or a count of. */
  unit: string;
};

/** The middle value; of an even number the lower middle one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error('no rounds were measured');
  return middle;
}

/** One row of the table in docs/performance.md. */
export function row(figure: Figure): string {
  const value = median(figure.rounds);
  const spread = `${shown(Math.min(...figure.rounds))} to ${shown(Math.max(...figure.rounds))}`;
  const { bound } = figure;
  const wanted =
    bound === undefined ? '' : 'least' in bound ? `at least ${bound.least}` : `at most ${bound.most}`;
  const verdict = bound === undefined ? '' : reached(figure) ? 'yes' : '**no**';
  return `| ${figure.name} | ${shown(value)} ${figure.unit} | ${spread} | ${wanted} | ${verdict} |`;
}

/** Whether the median keeps the bound. */
function reached(figure: Figure): boolean {
  const { bound } = figure;
  if (bound === undefined) return true;
  const value = median(figure.rounds);
  return 'least' in bound ? value >= bound.least : value <= bound.most;
}

function shown(value: number): string {
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)));
}
