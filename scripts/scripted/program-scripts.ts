/** Scripts of the workflows `campaign`, `referral` and `rewardWindow`. */
import { inTurn, refused, type Script, slowly } from './script.ts';

const DAY = 86_400_000;
const later = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();
const PROGRAM = 'codex-selective';

const counts = { kind: 'grant_reset', matched: 2, granted: 1, excluded: {}, remaining: 1 };
const campaign = (id: string, status: string) => ({ id, ...counts, status });
const campaignOf = (id: string) => ({ type: 'campaign', id: `campaign/${id}` });

function referral(id: string, more: object = {}) {
  const invited = { id, program: PROGRAM, referrer_id: 'ada', prompts_required: 3, expires_at: later(DAY) };
  return { ...invited, status: 'invited', ...more };
}
function referralOf(id: string, more: object = {}, beside: object = {}) {
  return { type: 'referral', id: `referral/${id}`, args: [{ referral: referral(id, more), ...beside }] };
}
/** As the ledger tells it: what is not there is null. */
const told = (id: string, more: object = {}) => ({
  ...referral(id),
  friend_id: null,
  prompts_seen: 0,
  reason_code: null,
  detail: null,
  reason: null,
  rewarded_at: null,
  deferred_until: null,
  ...more,
});
const CANCELED = { status: 'canceled', reason_code: 'canceled_by_operator' };
const MAILS = { sendInvitation: 'sent', sendRewardMail: 'sent' };

function windowOf(id: string, ends = 2_000, more: object = {}) {
  const month = '2026-06-11';
  const input = { account_id: id, month, ends_at: later(ends), ...more };
  return { type: 'rewardWindow', id: `reward-window/${id}/${month}`, args: [input] };
}
const monthOf = (account_id: string, more: object = {}) => ({
  account_id,
  month: '2026-06-11',
  program: PROGRAM,
  cap: 2,
  claimed: [],
  ...more,
});

/** Made anew for each recording: their times count from now. */
export const programScripts = (): Record<string, Script> => ({
  'campaign-acted-on-in-vain': {
    ...campaignOf('unwilling'),
    answers: {
      findCampaign: campaign('unwilling', 'paused'),
      actOnCampaign: inTurn(refused(), refused(), refused(), campaign('unwilling', 'canceled')),
    },
    async meanwhile({ handle, update, until }) {
      await until('timerStarted');
      await update('resume');
      await handle.signal('resume', 'nothing');
      await handle.cancel();
      await until('activityTaskScheduled', 5);
      await update('cancel', { reason: 'enough' });
    },
  },
  'campaign-changed-behind-its-back': {
    ...campaignOf('changed'),
    answers: {
      findCampaign: inTurn(campaign('changed', 'paused'), campaign('changed', 'running')),
      runCampaignPages: campaign('changed', 'completed'),
      reconcileCampaign: campaign('changed', 'completed'),
    },
  },
  'campaign-invalid-id': { type: 'campaign', id: 'campaign/no campaign' },

  'referral-signals': {
    ...referralOf('signals'),
    answers: { ...MAILS, readReferral: inTurn({ status: 'joined' }, CANCELED) },
    async meanwhile({ handle, until }) {
      await until('activityTaskScheduled');
      await handle.signal('changed', 'nothing');
      await handle.signal('changed', { status: 'joined', friend_id: 'bob' });
      await handle.signal('changed', { status: 'invited' });
      // What would end it is not believed.
      await handle.signal('changed', { status: 'expired', reason_code: 'not_used_in_time' });
      await until('markerRecorded', 2);
      await handle.signal('changed', { status: 'canceled' });
    },
  },
  'referral-signals-of-earlier-versions': {
    ...referralOf('believed'),
    unpatched: true,
    answers: MAILS,
    async meanwhile({ handle, until }) {
      await until('activityTaskScheduled');
      await handle.signal('changed', { status: 'expired', reason_code: 'not_used_in_time' });
    },
  },
  'referral-read-in-vain': {
    ...referralOf('lost'),
    answers: { ...MAILS, readReferral: refused() },
    meanwhile: ({ handle }) => handle.signal('changed', { status: 'expired' }),
  },
  'referral-reward-in-the-next-month': {
    ...referralOf('between', { status: 'qualified' }),
    answers: {
      ...MAILS,
      sendRewardMail: refused(),
      claimReward: inTurn(refused('window_closed'), { status: 'rewarded', rewarded_at: later(0) }),
    },
  },
  'referral-reward-refused': {
    ...referralOf('unpaid', { status: 'qualified' }),
    answers: { ...MAILS, claimReward: refused() },
  },
  'referral-mails-refused': {
    ...referralOf('unmailed'),
    answers: {
      sendInvitation: refused('mail_refused'),
      readReferral: { status: 'invited' },
      cancelReferral: inTurn(refused('already_resolved'), told('unmailed', CANCELED)),
    },
    async meanwhile({ handle, update, until, untilAnotherRun }) {
      await update('resend');
      await until('activityTaskScheduled', 2);
      const another = untilAnotherRun();
      await handle.cancel();
      await another;
      await update('cancel', { reason: 'enough' });
    },
  },
  'referral-ended-while-it-was-to-go-on': {
    ...referralOf('ended'),
    answers: {
      ...MAILS,
      useLink: refused('self_referral'),
      cancelReferral: slowly(1_000, told('ended', CANCELED)),
    },
    async meanwhile({ update, length }) {
      // The task that brings the cancellation is the first one to be told that the history is long.
      while ((await length()) < 40) await update('linkUsed', { account_id: 'ada' });
      await update('cancel', { reason: 'enough' });
    },
  },
  'referral-continued-without-a-mail': {
    ...referralOf('silent', { status: 'joined', friend_id: 'bob' }),
    answers: { ...MAILS, useLink: refused('already_joined'), cancelReferral: told('silent', CANCELED) },
    lastRunToo: true,
    async meanwhile({ handle, update }) {
      const first = (await handle.describe()).runId;
      while ((await handle.describe()).runId === first) await update('linkUsed', { account_id: 'eve' });
      await update('cancel', { reason: 'enough' });
    },
  },
  'referral-cancellation-refused': {
    ...referralOf('unwilling'),
    lastRunToo: true,
    answers: {
      ...MAILS,
      cancelReferral: inTurn(refused('not_invited'), told('unwilling', CANCELED)),
      readReferral: { status: 'joined', friend_id: 'bob' },
    },
    async meanwhile({ handle, until, untilAnotherRun }) {
      await until('workflowTaskCompleted', 2);
      const another = untilAnotherRun();
      await handle.cancel();
      await another;
      await handle.cancel();
    },
  },
  'referral-rewards-given-one-after-the-other': {
    ...referralOf('one-by-one', { status: 'qualified', friend_id: 'bob' }),
    answers: {
      ...MAILS,
      claimReward: { status: 'deferred', friend_id: 'bob', deferred_until: later(DAY), given: ['friend'] },
      readReferral: {
        status: 'rewarded',
        friend_id: 'bob',
        rewarded_at: later(0),
        given: ['friend', 'referrer'],
      },
    },
    async meanwhile({ handle, until }) {
      await until('activityTaskScheduled', 2);
      await handle.signal('changed', { status: 'rewarded' });
    },
  },
  'referral-begun-anew': {
    ...referralOf('anew'),
    lastRunOnly: true,
    answers: { ...MAILS, readReferral: CANCELED },
    async meanwhile({ until, beginAnew }) {
      await until('workflowTaskCompleted', 2);
      await beginAnew();
    },
  },
  'referral-invalid-input': { type: 'referral', id: 'referral/none' },
  'referral-invalid-shape': referralOf('shapeless', { status: 'lost' }, { resent: -1 }),

  'reward-window-messages': {
    ...windowOf('messages', DAY, { programs: { [PROGRAM]: { cap: 1, banked: ['a'], held: [] } } }),
    answers: {
      raiseCap: inTurn(refused(), monthOf('messages', { cap: 3, claimed: ['a'] })),
      readWindow: inTurn(
        monthOf('messages', { claimed: ['a', 'c'] }),
        monthOf('messages', { month: '2026-07-11' }),
        refused(),
        monthOf('messages', { claimed: ['a', 'c'] }),
      ),
    },
    async meanwhile({ handle, update }) {
      const raise = { program: PROGRAM, cap: 3, reason: 'speaker at our conference' };
      await update('claim', { referral_id: 'b', program: PROGRAM, cap: 1 });
      await update('raiseCap', raise);
      await update('raiseCap', { ...raise, by: 'mia' });
      await update('claim', { referral_id: 'b', program: PROGRAM, cap: 3, banked: ['a'] });
      await update('claim', { referral_id: 'b', program: PROGRAM, cap: 3, banked: [] });
      await update('release', { referral_id: 'b', program: PROGRAM });
      await update('release', { referral_id: 'b', program: 'another' });
      for (const _ of ['as told', 'of another month', 'not known']) {
        await handle.signal('changed', monthOf('messages'));
      }
      await handle.signal('changed', 'nothing');
      await handle.signal('changed');
      await update('release', { referral_id: 'c', program: PROGRAM });
      await handle.terminate('recorded');
    },
  },
  'reward-window-cancellation-refused': {
    ...windowOf('unwilling', DAY),
    lastRunToo: true,
    async meanwhile({ handle, update, until, untilAnotherRun }) {
      await until('timerStarted');
      const another = untilAnotherRun();
      await handle.cancel();
      await another;
      await update('claim', { referral_id: 'b', program: PROGRAM, cap: 3, banked: [] });
      await handle.terminate('recorded');
    },
  },
  'reward-window-signals-of-earlier-versions': {
    ...windowOf('believed', DAY),
    unpatched: true,
    async meanwhile({ handle, update }) {
      await handle.signal('changed', monthOf('believed', { claimed: ['a', 'c'] }));
      await update('release', { referral_id: 'c', program: PROGRAM });
      await handle.terminate('recorded');
    },
  },
  'reward-window-over-when-it-hears': {
    ...windowOf('hears', 4_000),
    messagesFirst: true,
    answers: { raiseCap: slowly(5_000, monthOf('hears')) },
    async meanwhile({ handle, update }) {
      const raise = { program: PROGRAM, cap: 3, reason: 'speaker at our conference' };
      const raised = update('raiseCap', raise);
      await handle.signal('changed', monthOf('hears'));
      await raised;
    },
  },
  'reward-window-over-while-a-claim-waits': {
    ...windowOf('waits', 6_000),
    messagesFirst: true,
    answers: { raiseCap: slowly(7_000, monthOf('waits')) },
    async meanwhile({ update }) {
      const raise = { program: PROGRAM, cap: 3, reason: 'speaker at our conference' };
      const claim = { referral_id: 'b', program: PROGRAM, cap: 3, banked: [] };
      await Promise.all([update('raiseCap', raise), update('claim', claim)]);
    },
  },
  'reward-window-without-input': { type: 'rewardWindow', id: 'reward-window/none/2026-06-11' },
  'reward-window-invalid-programs': windowOf('strange', DAY, { programs: 'none' }),
  'reward-window-invalid-places': windowOf('shapeless', DAY, { programs: { [PROGRAM]: 'none' } }),
});
