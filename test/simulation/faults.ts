/** Faults that were there once, or could have been: one change of a function's text each, put into a fresh database. */

import type { PartName } from './part.ts';
import { RESET_FAULTS } from './reset-faults.ts';

export type Fault = {
  readonly name: string;
  /** Where it shows. */
  readonly part: PartName;
  /** The function, without its schema. */
  readonly function: string;
  readonly find: string;
  readonly replace: string;
};

export const FAULTS: readonly Fault[] = [
  {
    name: 'open gifts keep what was refunded',
    part: 'money',
    function: 'reach_credits',
    find: 'EXIT WHEN NOT FOUND;\n    ended',
    replace: 'EXIT;\n    ended',
  },
  {
    name: 'what comes back pays no debt',
    part: 'money',
    function: 'return_gift',
    find: 'PERFORM boon.credits_came(g.payer_id, ended.returned, g.id, p_at);',
    replace: 'NULL;',
  },
  {
    name: 'a reversed gift pays no debt',
    part: 'money',
    function: 'credits_came',
    find: 'PERFORM boon.pay_debt(p_account, slices, p_reference, p_at);',
    replace: 'NULL;',
  },
  {
    name: 'what paid a debt goes back to the lot that it was owed for',
    part: 'money',
    function: 'give_back',
    find: 'boon.put_into_lot(k.lot_id, p_amount',
    replace:
      'boon.put_into_lot(coalesce((SELECT x.lot_id FROM boon.purchases x WHERE x.id = p_reference), k.lot_id), p_amount',
  },
  {
    name: 'the debt ends and its payers get nothing',
    part: 'money',
    function: 'owe_less',
    find: 'EXIT WHEN back = 0;',
    replace: 'EXIT;',
  },
  {
    name: 'a reset that came back survives the refund',
    part: 'money',
    function: 'resets_came',
    find: "l.source IN ('purchase', 'referral')",
    replace: "l.source IN ('referral')",
  },
  {
    name: 'the share of a refund in credits is rounded',
    part: 'money',
    function: 'settle_purchase',
    find: 'boon.share(p.credits, p.paid, back)',
    replace: 'round(p.credits::numeric * least(back, p.paid) / p.paid)::bigint',
  },
  {
    name: 'the share of a refund in resets is cut',
    part: 'money',
    function: 'settle_purchase',
    find: 'boon.share_of_resets(p.resets, p.paid, back)',
    replace: '(p.resets * least(back, p.paid) / p.paid)::int',
  },
  {
    name: 'expired credits are let go twice',
    part: 'money',
    function: 'settle_credits',
    find: 'boon.expired_of(p.lot_id) - p.let_go, wanted',
    replace: 'boon.expired_of(p.lot_id), wanted',
  },
  {
    name: 'a dispute that is won changes nothing',
    part: 'money',
    function: 'money_disputed',
    find: "d.status <> 'won' AND ",
    replace: '',
  },
  {
    name: 'any amount pays',
    part: 'money',
    function: 'money_fault',
    find: "<> p_price THEN 'wrong_amount'",
    replace: "IS NULL THEN 'wrong_amount'",
  },
  {
    name: 'any currency pays',
    part: 'money',
    function: 'money_fault',
    find: "WHEN lower(m ->> 'currency') IS DISTINCT FROM lower(p_currency) THEN",
    replace: 'WHEN false THEN',
  },
  {
    name: 'an amount that is not said pays',
    part: 'money',
    function: 'money_fault',
    find: "WHEN m ->> 'amount' IS NULL THEN",
    replace: 'WHEN false THEN',
  },
  {
    name: 'the mode does not matter',
    part: 'money',
    function: 'money_fault',
    find: "m ->> 'live' IS DISTINCT FROM m ->> 'key_live'",
    replace: 'false',
  },
  {
    name: 'any page pays',
    part: 'money',
    function: 'payment_fault',
    find: "m ->> 'checkout_id' IS DISTINCT FROM CASE p.kind WHEN 'checkout' THEN p.checkout_id END",
    replace: 'false',
  },
  {
    name: 'a late use is judged by the present account',
    part: 'usage',
    function: 'account_at',
    find: 'h.until > p_at',
    replace: 'false',
  },
  {
    name: 'a late use counts in the present window',
    part: 'usage',
    function: 'window_before',
    find: 'BEGIN\n',
    replace: 'BEGIN\n  RETURN NULL;\n',
  },
  {
    name: 'lots that came later pay for a late use',
    part: 'usage',
    function: 'payable',
    find: 'p_product, p_at, p_granted_by) THEN',
    replace: "p_product, p_at, 'infinity') THEN",
  },
  {
    name: 'a billing day moves at once',
    part: 'growth',
    function: 'move_billing_day',
    find: 'SELECT m.ends_at INTO begins FROM boon.billing_month(a.id, greatest(p_at, last.at)) m;',
    replace: 'begins := p_at;',
  },
  {
    name: 'a lot has its grace again and again',
    part: 'gifts',
    function: 'end_gift',
    find: 'boon.good_until(l.expires_at, l.first_expires_at, g.accepted_at',
    replace: 'boon.good_until(l.expires_at, NULL, g.accepted_at',
  },
  {
    name: 'a lot that expires as its gift is settled gives a lot that has expired',
    part: 'gifts',
    function: 'settle_gifts',
    find: 'l.expires_at <= d.at',
    replace: 'l.expires_at < d.at',
  },
  {
    name: 'a top-up that was refunded does not count',
    part: 'money',
    function: 'topped_up',
    find: "('open', 'paid', 'refunded')",
    replace: "('open', 'paid')",
  },
  {
    name: 'a top-up may cross its cap',
    part: 'money',
    function: 'top_up_block',
    find: ' + t.price > t.monthly_cap',
    replace: ' > t.monthly_cap',
  },
  {
    name: 'a window has a place for one reward more',
    part: 'growth',
    function: 'claim_slot',
    find: 'IF w.used + p_kept >= w.cap THEN RETURN false;',
    replace: 'IF w.used + p_kept > w.cap THEN RETURN false;',
  },
  {
    name: 'what is written late is never sealed',
    part: 'gifts',
    function: 'seal_block',
    find: 'missing := int8multirange(int8range(head, upper(fresh) - 1,',
    replace: 'missing := int8multirange(int8range(1, 1,',
  },
  {
    name: 'a campaign asked for twice at once breaks a constraint',
    part: 'growth',
    function: 'create_campaign',
    find: "PERFORM pg_advisory_xact_lock(hashtextextended(p ->> 'key', 0));",
    replace: 'NULL;',
  },
  {
    name: 'a refund that was refused is made when it is asked for again',
    part: 'money',
    function: 'begin_refunds',
    find: 'PERFORM boon.keep_answer(r.key, r.input_hash, result, r.at);',
    replace: 'NULL;',
  },
  ...RESET_FAULTS,
];

type Sql = (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;

/** @throws where the text is not found just once: the fault would not be what it says. */
export async function putBack(fault: Fault, sql: Sql): Promise<void> {
  const rows = await sql(
    "SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc p WHERE p.pronamespace = 'boon'::regnamespace AND p.proname = $1",
    [fault.function],
  );
  const found = rows.map(({ text }) => String(text)).filter((text) => text.includes(fault.find));
  const [text] = found;
  if (text === undefined || found.length > 1 || text.split(fault.find).length !== 2)
    throw new Error(`"${fault.name}": the text is not in boon.${fault.function} just once`);
  await sql(text.replace(fault.find, () => fault.replace));
}
