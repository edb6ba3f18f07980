/** What one gift without incident leaves in Temporal: events, billable actions, bytes. */
import proto from '@temporalio/proto';
import { GIFT_WORKFLOW, giftWorkflowId } from '../src/contracts/gifts/gift.ts';
import type { Bench } from './support/bench.ts';
import type { Figure } from './support/figure.ts';
import { acceptDueIn, startGift } from './support/gift-load.ts';
import { openLedgerDatabase } from './support/ledger-database.ts';
import { startMeasuredWorker, startTemporalRig, stopWorker } from './support/temporal-rig.ts';

const SETTLEMENT_MS = 24 * 3_600_000;

/**
 * Billable actions by event: a start, a completed task that ran local activities (one however many), a timer, an
 * activity, an update, a changed search attribute.
 */
const BILLED = new Set([
  'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
  'EVENT_TYPE_MARKER_RECORDED',
  'EVENT_TYPE_TIMER_STARTED',
  'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED',
  'EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED',
  'EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
]);

export const giftHistory: Bench = async ({ postgresUrl, folder, rounds, progress }) => {
  const database = await openLedgerDatabase(postgresUrl, 'bench_history');
  const rig = await startTemporalRig(folder, progress);
  const taskQueue = 'bench-history';
  const worker = await startMeasuredWorker({
    address: rig.server.address,
    taskQueue,
    databaseUrl: database.url,
  });
  const events: Figure = { name: 'history events of a gift', rounds: [], unit: '', bound: { most: 6 } };
  const actions: Figure = { name: 'billable actions of a gift', rounds: [], unit: '', bound: { most: 2 } };
  const bytes: Figure = {
    name: 'bytes of history of a gift, with the operator’s view',
    rounds: [],
    unit: '',
    bound: { most: 1800 },
  };
  try {
    for (let round = 1; round <= rounds; round++) {
      const gift = await acceptDueIn(database.ledger, 1_500, SETTLEMENT_MS);
      await startGift(rig.client, gift, taskQueue);
      const handle = rig.client.workflow.getHandle(giftWorkflowId(gift.id));
      await handle.result();
      const history = await handle.fetchHistory();
      const described = await handle.describe();
      const types = (history.events ?? []).map((event) => typeName(event.eventType));
      events.rounds.push(types.length);
      actions.rounds.push(types.filter((type) => BILLED.has(type)).length);
      bytes.rounds.push(described.historySize ?? 0);
    }
  } finally {
    await stopWorker(worker);
    await rig.stop();
    await database.close();
  }
  progress(`${GIFT_WORKFLOW}: ${events.rounds.length} histories read`);
  return [events, actions, bytes];
};

function typeName(type: unknown): string {
  return typeof type === 'number'
    ? (proto.temporal.api.enums.v1.EventType[type] ?? String(type))
    : String(type);
}
