/** Scripts of the workflow `gift`. */
import type { Gift } from '../../src/contracts/gifts/gift.ts';
import { inTurn, refused, type Script, slowly } from './script.ts';

const HOUR = 3_600_000;
const later = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();

function gift(id: string, more: Partial<Gift> = {}): Gift {
  return {
    id,
    status: 'pending',
    from: 'ada',
    to: 'bob',
    by_email: false,
    amount: '5',
    funding: 'transfer',
    message: null,
    policy_version: 'script',
    created_at: later(0),
    settles_at: later(HOUR),
    claim_expires_at: null,
    hold_ends_at: null,
    settled_at: null,
    reason_code: null,
    reason: null,
    deadline: later(HOUR),
    reversal: null,
    ...more,
  };
}
const PAST = '2026-06-11T09:00:00.000Z';
const ENDED = { deadline: null } as const;
const CANCELED = { status: 'canceled', ...ENDED } as const;

function taken(id: string, more: Partial<Gift> = {}): Pick<Script, 'type' | 'id' | 'args'> {
  const { from, to, by_email, amount, reset_id, funding, status, settles_at, deadline } = gift(id, more);
  const given = reset_id === undefined ? { amount } : { amount, reset_id };
  const accepted = { id, from, to, by_email, ...given, funding, status, settles_at, deadline };
  return { type: 'gift', id: `gift/${id}`, args: [{ accepted }] };
}
const answered = (value: Gift, replayed = false) => ({ value, replayed });

/** Made anew for each recording: their times count from now. */
export const giftScripts = (): Record<string, Script> => ({
  'gift-acted-on-by-nobody-named': {
    ...taken('unnamed'),
    answers: {
      actOnGift: inTurn(
        answered(gift('unnamed', { status: 'held', hold_ends_at: later(HOUR) })),
        answered(gift('unnamed')),
        refused('not_held'),
        refused('already_canceled'),
        answered(gift('unnamed', { status: 'rejected', ...ENDED })),
      ),
      findGift: gift('unnamed'),
    },
    async meanwhile({ update }) {
      await update('accept');
      await update('hold', { reason: 'looks odd' });
      await update('release');
      await update('release', {});
      await update('cancel');
      await update('reject', { reason: 'stolen account' });
    },
  },
  'gift-action-replayed': {
    ...taken('replayed'),
    answers: {
      // The key of a hold that was released long ago.
      actOnGift: inTurn(
        answered(gift('replayed', { status: 'held', hold_ends_at: later(HOUR) }), true),
        answered(gift('replayed', CANCELED)),
      ),
      advanceGift: { status: 'pending', deadline: later(HOUR), settles_at: later(HOUR) },
    },
    async meanwhile({ update }) {
      await update('hold', { reason: 'looks odd', key: 'once-more', attempt: 'second' });
      await update('cancel', { attempt: 'first' });
    },
  },
  'gift-claimed-by-update': {
    ...taken('claimed', { to: null, by_email: true, status: 'awaiting_claim' }),
    answers: {
      sendClaimMail: slowly(500, 'sent'),
      advanceGift: { status: 'awaiting_claim', deadline: later(HOUR), settles_at: later(HOUR) },
      actOnGift: inTurn(answered(gift('claimed', { by_email: true })), answered(gift('claimed', CANCELED))),
    },
    async meanwhile({ update }) {
      await update('refresh');
      await update('claim', { token: 'a-token', account_id: 'bob' });
      await update('cancel', {});
    },
  },
  'gift-left-as-it-was': {
    ...taken('left', { deadline: PAST, settles_at: PAST }),
    skipsTime: true,
    answers: {
      advanceGift: inTurn(
        { status: 'pending', deadline: PAST, settles_at: PAST },
        { status: 'settled', settled_at: PAST },
      ),
    },
    async meanwhile({ until, pass }) {
      await until('timerStarted');
      await pass(61_000);
    },
  },
  'gift-cancellation-refused': {
    ...taken('unwilling'),
    answers: { actOnGift: inTurn(refused('already_settled'), answered(gift('unwilling', CANCELED))) },
    async meanwhile({ handle, update, until }) {
      await until('timerStarted');
      await handle.cancel();
      await until('markerRecorded');
      await update('cancel', {});
    },
  },
  'gift-of-a-reset': {
    ...taken('reset', { amount: '0', reset_id: 'reset-1', to: null }),
    answers: { actOnGift: answered(gift('reset', { amount: '0', reset_id: 'reset-1', ...CANCELED })) },
    meanwhile: ({ update }) => update('cancel', {}),
  },
  'gift-by-mail-continued': {
    ...taken('letter', { to: null, by_email: true, status: 'awaiting_claim' }),
    lastRunToo: true,
    answers: {
      sendClaimMail: 'sent',
      actOnGift: ({ action }: { action: string }) =>
        answered(
          gift('letter', {
            to: null,
            by_email: true,
            ...(action === 'cancel'
              ? CANCELED
              : { status: action === 'hold' ? 'held' : 'awaiting_claim', deadline: later(HOUR) }),
          }),
        ),
    },
    async meanwhile({ update, handle }) {
      const first = (await handle.describe()).runId;
      while ((await handle.describe()).runId === first) {
        await update('hold', { reason: 'again' });
        await update('release', {});
      }
      await update('cancel', {});
    },
  },
  'gift-ended-while-it-was-to-go-on': {
    ...taken('ended'),
    answers: {
      actOnGift: ({ action }: { action: string }) =>
        action === 'cancel'
          ? slowly(1_000, answered(gift('ended', CANCELED)))()
          : answered(gift('ended', { status: action === 'hold' ? 'held' : 'pending' })),
    },
    async meanwhile({ update, length }) {
      // The task that brings the cancellation is the first one to be told that the history is long.
      for (let held = false; (await length()) < 40; held = !held) {
        await update(held ? 'release' : 'hold', { reason: 'again' });
      }
      await update('cancel', {});
    },
  },
  'gift-begun-anew': {
    ...taken('anew'),
    lastRunOnly: true,
    answers: { advanceGift: { status: 'settled', settled_at: PAST, ...ENDED } },
    async meanwhile({ until, beginAnew }) {
      await until('timerStarted');
      await beginAnew();
    },
  },
  'gift-invalid-id': { type: 'gift', id: 'gift/no gift', args: [{}] },
  'gift-invalid-input': { type: 'gift', id: 'gift/none', args: ['nothing'] },
  'gift-invalid-request': {
    type: 'gift',
    id: 'gift/faults',
    args: [
      {
        request: {
          from: 'a\u0000da',
          to: { email: 'bob at example' },
          amount: '0',
          funding: 'gold',
          message: 'hello',
          more: true,
        },
      },
    ],
  },
  'gift-invalid-acceptance': {
    type: 'gift',
    id: 'gift/another',
    args: [{ accepted: { ...gift('one'), status: 'lost' } }],
  },
});
