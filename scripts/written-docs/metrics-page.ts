import { createMetrics, watchParts, watchStarts } from '../../src/observability/metrics.ts';
import { page, table } from './page.ts';

/** What the values of a label are. */
const LABELS: Readonly<Record<string, string>> = {
  method: 'the HTTP method',
  route: 'the path as the OpenAPI document has it, with `:id` for an id',
  status: 'the HTTP status',
  outcome: 'what came of it: see below',
  what: 'the duty, as `boon stuck list` names it',
};

/** Values of `outcome`, by metric. */
const OUTCOMES = [
  [
    '`boon_gifts_total`',
    '`accepted`, `replayed` (the recorded answer was given again), or the code of the refusal',
  ],
  [
    '`boon_starts_total`',
    '`started`; `told`, a running process was notified; `failed`, it will be tried again; `dropped`, it is left to `boon-reconcile`',
  ],
];

type Registered = { name: string; help: string; type: string };

/** Every metric that Boon makes, with its labels. */
function metrics(): { name: string; help: string; type: string; labels: string[] }[] {
  const { registry } = createMetrics();
  const nothing = async () => undefined;
  const ledger = {
    countStuckItems: async () => [],
    unsealed: async () => ({ oldest_at: null }),
    oldestDueGift: nothing,
  };
  watchParts(registry, ledger, { workers: nothing });
  watchStarts(registry, () => ({ waiting: 0, oldest: 0 }));
  return (registry.getMetricsAsArray() as unknown as Registered[]).map(({ name, help }) => {
    const metric = registry.getSingleMetric(name) as unknown as {
      labelNames: string[];
      constructor: { name: string };
    };
    return { name, help, type: metric.constructor.name.toLowerCase(), labels: metric.labelNames };
  });
}

export function metricsPage(): string {
  const all = metrics();
  const used = [...new Set(all.flatMap(({ labels }) => labels))];
  return page(
    'Metrics',
    [
      'For Prometheus, at `/metrics`: of the server on its own port, of the worker on `BOON_METRICS_PORT`. No key is needed, so',
      'keep the path off the public side of your proxy. Which of them to alert on: [production.md](production.md#watching).',
    ],
    table(
      ['metric', 'kind', 'labels', 'meaning'],
      all.map(({ name, type, labels, help }) => [
        `\`${name}\``,
        type,
        labels.map((label) => `\`${label}\``).join(', '),
        help,
      ]),
    ),
    table(
      ['label', 'values'],
      used.map((label) => [`\`${label}\``, meaningOf(label)]),
    ),
    table(['metric', 'values of `outcome`'], OUTCOMES),
    [
      'Beside them are the usual ones of the process (`process_…`, `nodejs_…`: memory, event loop, garbage collection) and, on',
      'the worker, those of [Temporal’s SDK](https://docs.temporal.io/references/sdk-metrics) (`temporal_…`). The worker has',
      'the gauges of the table, and none of HTTP.',
    ],
  );
}

function meaningOf(label: string): string {
  const meaning = LABELS[label];
  if (meaning === undefined) throw new Error(`Say in scripts/written-docs what the label ${label} is`);
  return meaning;
}
