/** What people do to a campaign: its signals, updates and query, described so that they can be sent from the Web UI. */
import {
  CancellationScope,
  currentUpdateInfo,
  log,
  setHandler,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { CampaignProgress, OperateCampaign } from '../../contracts/campaigns/campaign.ts';
import {
  campaignProgressQuery,
  cancelCampaignSignal,
  cancelCampaignUpdate,
  pauseCampaignSignal,
  pauseCampaignUpdate,
  refreshCampaignSignal,
  resumeCampaignSignal,
  resumeCampaignUpdate,
} from '../../contracts/campaigns/campaign-messages.ts';
import type { CampaignAction } from '../../domain/campaign.ts';
import { BY_TEMPORAL, checkArguments } from '../arguments.ts';
import { onCancelRequest } from '../cancel-request.ts';
import { refusalOf } from '../refusal.ts';
import { readableTexts } from './input.ts';
import type { OpenCampaign } from './state.ts';

const EXAMPLE = '{"reason":"why","by":"your name"}';

const ACTIONS = [
  ['pause', pauseCampaignSignal, pauseCampaignUpdate, 'Pause: no account is granted until it is resumed.'],
  [
    'resume',
    resumeCampaignSignal,
    resumeCampaignUpdate,
    'Resume: goes on behind the last page that was done.',
  ],
  ['cancel', cancelCampaignSignal, cancelCampaignUpdate, 'Cancel: ends here; what was granted stays.'],
] as const;

/** Registers every handler; called before the workflow's first await. */
export function handleCampaignMessages(campaign: OpenCampaign): void {
  setHandler(campaignProgressQuery, () => campaign.progress, {
    description:
      'How far the campaign is, as the process last heard; null until it has looked at the ledger.',
  });
  const signalKey = signalKeys();
  for (const [action, signal, update, does] of ACTIONS) {
    const description = `${does} Input: {} or ${EXAMPLE}`;
    setHandler(signal, (given?: OperateCampaign) => actOnSignal(campaign, action, given, signalKey()), {
      description,
    });
    setHandler(
      update,
      (given?: OperateCampaign) => act(campaign, action, given ?? {}, currentUpdateInfo()?.id ?? uuid4()),
      {
        description,
        validator: (given?: OperateCampaign) => checkArguments(action, EXAMPLE, given, ['reason?', 'by?']),
      },
    );
  }
  setHandler(refreshCampaignSignal, () => campaign.hear(), {
    description: 'Looks at the ledger again. No input.',
  });
  onCancelRequest(() =>
    actOnSignal(campaign, 'cancel', { reason: 'cancellation requested of the workflow' }, cancelKey()),
  );
}

/**
 * Keys of signals, which come without an id: by the run that they came to, and their number there. A reset has them come
 * again, in their order, to a run that began as this one did: each is then answered from the record.
 */
function signalKeys(): () => string {
  const { firstExecutionRunId, continuedFromExecutionRunId } = workflowInfo();
  let heard = 0;
  return () => {
    heard += 1;
    return `${continuedFromExecutionRunId ?? firstExecutionRunId}:${heard}`;
  };
}

/** A run is asked once, and a reset does not ask again. */
function cancelKey(): string {
  return `${workflowInfo().runId}:cancel-request`;
}

async function act(
  campaign: OpenCampaign,
  action: CampaignAction,
  given: OperateCampaign,
  step: string,
): Promise<CampaignProgress> {
  const key = `${workflowInfo().workflowId}:${step}`;
  const asked = { action, key, reason: given.reason, by: given.by ?? BY_TEMPORAL };
  try {
    return await CancellationScope.nonCancellable(() => campaign.act(asked));
  } catch (error) {
    throw refusalOf(error);
  }
}

/** A signal has nobody to refuse to: what does not fit is left out, and a refusal is logged. */
async function actOnSignal(
  campaign: OpenCampaign,
  action: CampaignAction,
  given: unknown,
  step: string,
): Promise<void> {
  try {
    await act(campaign, action, readableTexts(given), step);
  } catch (refused) {
    log.warn('A signal was refused', { action, refused: String(refused) });
  }
}
