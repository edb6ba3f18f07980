import proto from '@temporalio/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { referralWorkflowId } from '../../../src/contracts/referrals/referral.ts';
import { type GiftRig, giftRig } from '../../support/gift-rig.ts';
import { OPEN_PROGRAMS, type ReferralRig, referralRig } from '../../support/referral-rig.ts';
import { devNamespace } from '../../support/temporal-server.ts';

const { EventType } = proto.temporal.api.enums.v1;

let rig: GiftRig;
let referrals: ReferralRig;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: OPEN_PROGRAMS });
  referrals = referralRig(rig);
});
afterAll(() => rig.close());

async function eventsOf(workflowId: string): Promise<string[]> {
  const { events } = await rig.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).map(
    ({ eventType }) => EventType[eventType ?? 0]?.replace('EVENT_TYPE_', '') ?? 'unknown',
  );
}

/** What Temporal bills of a history. An update-with-start of a window that runs is the update alone. */
const BILLED = [
  'WORKFLOW_EXECUTION_STARTED',
  'WORKFLOW_EXECUTION_SIGNALED',
  'WORKFLOW_EXECUTION_UPDATE_ACCEPTED',
  'ACTIVITY_TASK_SCHEDULED',
  'MARKER_RECORDED',
  'TIMER_STARTED',
  'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
];

test('three rewarded referrals of a month, three prompts each, cost at most 8 billable actions each', async () => {
  await rig.seed('ada');
  let billed = 0;
  for (let count = 0; count < 3; count += 1) {
    const email = `friend-of-ada-${count}@example.com`;
    const invited = await referrals.invite('ada', { email });
    // A friend uses the link of the mail, so after it.
    await untilMailed(email);
    await referrals.join(invited);
    await referrals.prompt(invited, 3);
    await referrals.until(invited, 'rewarded');
    await referrals.untilClosed(invited);
    const events = (await eventsOf(referralWorkflowId(invited.id))).filter((type) => BILLED.includes(type));
    expect(events).toEqual([
      'WORKFLOW_EXECUTION_STARTED',
      'ACTIVITY_TASK_SCHEDULED',
      'WORKFLOW_EXECUTION_SIGNALED',
      'WORKFLOW_EXECUTION_SIGNALED',
      'ACTIVITY_TASK_SCHEDULED',
      'ACTIVITY_TASK_SCHEDULED',
    ]);
    billed += events.length;
  }
  const window = await referrals.window('ada');
  const month = (await eventsOf(window.workflowId)).filter((type) => BILLED.includes(type));
  expect(month).toEqual([
    'WORKFLOW_EXECUTION_STARTED',
    'WORKFLOW_EXECUTION_UPDATE_ACCEPTED',
    'TIMER_STARTED',
    'WORKFLOW_EXECUTION_UPDATE_ACCEPTED',
    'WORKFLOW_EXECUTION_UPDATE_ACCEPTED',
  ]);
  expect((billed + month.length) / 3).toBeLessThanOrEqual(8);
});

test('prompts below the number that is needed, and those of accounts without a referral, never reach Temporal', async () => {
  await rig.seed('bea');
  const invited = await referrals.invite('bea');
  await referrals.join(invited);
  await referrals.prompt(invited, 2);
  await rig.sleep(500);
  const events = await eventsOf(referralWorkflowId(invited.id));
  // That the link was used, and nothing else.
  expect(events.filter((type) => type === 'WORKFLOW_EXECUTION_SIGNALED')).toHaveLength(1);
  await rig.seed('nobodys-friend');
  const event = { account_id: 'nobodys-friend', kind: 'prompt' as const, at: await rig.now() };
  expect(await rig.ledger.recordActivity({ id: 'lonely', ...event })).toBeUndefined();
});

test('an invitation that waits has a mail behind it and nothing ahead of it: no timer, no task', async () => {
  await rig.seed('cy');
  const invited = await referrals.invite('cy', { email: 'waited-for@example.com' });
  const mail = await untilMailed('waited-for@example.com');
  expect(mail).toContain('/invite/');
  const events = () => eventsOf(referralWorkflowId(invited.id));
  await expect
    .poll(async () => (await events()).slice(-4), { timeout: 60_000 })
    .toEqual([
      'ACTIVITY_TASK_COMPLETED',
      'WORKFLOW_TASK_SCHEDULED',
      'WORKFLOW_TASK_STARTED',
      'WORKFLOW_TASK_COMPLETED',
    ]);
  expect(await events()).not.toContain('TIMER_STARTED');
});

test('a referral and a month are readable without code: summary, card, search attributes', async () => {
  await rig.seed('dot');
  const invited = await referrals.invite('dot');
  const handle = referrals.handle(invited);
  const described = await handle.describe();
  expect(await described.staticSummary()).toBe('dot invites a friend to codex-selective');
  expect(described.typedSearchAttributes.getAll()).toEqual(
    expect.arrayContaining([
      { key: { name: 'BoonAccount', type: 'KEYWORD_LIST' }, value: ['dot'] },
      { key: { name: 'BoonProgram', type: 'KEYWORD' }, value: 'codex-selective' },
    ]),
  );
  expect(await detailsOf(invited)).toContain('Status: **invited**. The link waits for the friend until');
  await referrals.join(invited);
  await referrals.prompt(invited, 3);
  await referrals.until(invited, 'rewarded');
  await referrals.untilClosed(invited);
  expect(await detailsOf(invited)).toMatch(/Status: \*\*rewarded\*\*\. Rewarded at \d{4}-/);
  const window = await referrals.window('dot');
  const metadata = (await window.query('__temporal_workflow_metadata')) as { currentDetails: string };
  expect(metadata.currentDetails).toContain(`- **codex-selective**: 1 of 3 rewards: \`${invited.id}\``);
});

test('a referral that is refused shows the reason in its card, its result and its search attributes', async () => {
  await rig.seed('eve');
  const invited = await referrals.invite('eve');
  const at = await rig.now();
  const yesterday = new Date(Date.parse(at) - 86_400_000).toISOString();
  const account_id = 'never-away';
  await rig.ledger.putAccount(
    account_id,
    { plan: 'free', created_at: '2025-01-01T00:00:00Z', last_active_at: yesterday },
    at,
  );
  const { value } = await rig.ledger.useLink({ key: 'active', at, referral_id: invited.id, account_id });
  expect(value).toMatchObject({ status: 'refused', reason_code: 'already_active' });
  await referrals.process.changed(value);
  await referrals.untilClosed(invited);
  expect(await referrals.handle(invited).result()).toMatchObject({
    status: 'refused',
    reason_code: 'already_active',
    detail: value.detail,
  });
  expect(await detailsOf(invited)).toContain('Status: **refused** (already_active');
  const attributes = (await referrals.handle(invited).describe()).typedSearchAttributes.getAll();
  expect(attributes).toEqual(
    expect.arrayContaining([{ key: { name: 'BoonStatus', type: 'KEYWORD' }, value: 'refused' }]),
  );
});

test('the invitation is a mail over SMTP with the personal link; the news of the reward is another', async () => {
  await rig.ledger.putAccount(
    'fay',
    { plan: 'plus', name: 'Fay Weather', email: 'fay@example.com' },
    await rig.now(),
  );
  const invited = await referrals.invite('fay', { email: 'lou@example.com' });
  const body = await untilMailed('lou@example.com');
  const { token } = (await rig.ledger.referralAddresses([invited.id])).get(invited.id) ?? {};
  expect(body).toContain(`https://boon.example/invite/${invited.id}#token=${token}`);
  expect(body).toContain('It counts once you have sent 3 messages.');
  const [mail] = rig.mail.mails.filter(({ to }) => to.includes('lou@example.com'));
  expect(mail?.headers.get('subject')).toBe('Fay Weather invites you');
  expect(mail?.headers.get('message-id')).toBe(`<invite.${invited.id}.0@boon.example>`);
  await referrals.join(invited);
  await referrals.prompt(invited, 3);
  expect(await untilMailed('fay@example.com')).toContain('You have received 1 usage reset.');
});

test('an address that the mail server refuses holds up nothing, and the card says so', async () => {
  await rig.seed('gil');
  rig.mail.refuseWith(550);
  const invited = await referrals.invite('gil');
  const failed = 'The invitation could **not** be mailed; the referrer can pass its link on.';
  await expect.poll(() => detailsOf(invited), { timeout: 60_000 }).toContain(failed);
  rig.mail.refuseWith(undefined);
  await referrals.join(invited);
  await referrals.prompt(invited, 3);
  await referrals.until(invited, 'rewarded');
});

test('a mail server that is away for a moment is tried again, and the friend comes meanwhile', async () => {
  await rig.seed('hal');
  rig.mail.refuseWith(451);
  const tries = rig.mail.tries();
  const invited = await referrals.invite('hal');
  await expect.poll(() => rig.mail.tries(), { timeout: 60_000 }).toBeGreaterThan(tries);
  await referrals.join(invited);
  rig.mail.refuseWith(undefined);
  await referrals.prompt(invited, 3);
  await referrals.until(invited, 'rewarded');
  // The try after that finds the link used and mails nothing; the process then ends.
  await referrals.untilClosed(invited);
  expect(await detailsOf(invited)).toContain('No invitation was mailed');
});

async function detailsOf(referral: { id: string }): Promise<string> {
  const handle = rig.client.workflow.getHandle(referralWorkflowId(referral.id));
  const metadata = (await handle.query('__temporal_workflow_metadata')) as { currentDetails: string };
  return metadata.currentDetails;
}

async function untilMailed(address: string): Promise<string> {
  for (let tries = 0; tries < 1200; tries += 1) {
    const mail = rig.mail.mails.find(({ to }) => to.includes(address));
    if (mail !== undefined) return mail.body;
    await rig.sleep(50);
  }
  throw new Error(`No mail to ${address}`);
}
