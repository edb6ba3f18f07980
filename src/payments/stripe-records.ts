/** What Stripe has on record of payments, refunds, disputes and paid invoices, in the form of its messages. */
import type Stripe from 'stripe';
import { BoonError } from '../contracts/errors.ts';
import type {
  DisputeNews,
  PaidNews,
  ProviderRecord,
  ProviderRecords,
} from '../contracts/purchases/provider-records.ts';
import { modeOfKey, type StripeAccess, stripeClient } from './stripe-client.ts';
import { ofDispute, ofRefund, paidIntent, paidSession } from './stripe-events.ts';
import { currencyOf, instantOf, moneyOf, named, textOf } from './stripe-fields.ts';
import { paidInvoiceOf } from './stripe-invoices.ts';
import { keptPurchase } from './stripe-kept-purchase.ts';
import { type StripePages, stripePages } from './stripe-pages.ts';

/** What changes something that was made earlier. Stripe keeps its events for 30 days. */
const CHANGES: string[] = [
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'payment_intent.succeeded',
  'refund.created',
  'refund.updated',
  'refund.failed',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
  'invoice.paid',
];

export function createStripeRecords(
  access: StripeAccess,
  pages: StripePages = stripePages(),
  timeout?: number,
): ProviderRecords {
  const stripe = stripeClient(access, timeout);
  const key_live = modeOfKey(access.apiKey);
  return {
    async since(since, at, onPage = () => undefined) {
      const created = { gte: Math.floor(Date.parse(since) / 1000) };
      const found = new Map<string, ProviderRecord>();
      const add = (record: ProviderRecord | undefined) => {
        // A list shows the present state; an event is as old as itself.
        if (record !== undefined && !found.has(keyOf(record))) found.set(keyOf(record), record);
      };
      const intents: Stripe.PaymentIntent[] = [];
      let read = 0;
      async function each<T extends { id: string }>(
        what: string,
        list: AsyncGenerator<T>,
        take: (one: T) => void,
      ) {
        read = 0;
        for await (const one of list) {
          take(one);
          read += 1;
          if (read % 100 === 0) onPage(what, read);
        }
        onPage(what, read);
      }
      await each(
        'pages that were paid',
        pages.all((page) => stripe.checkout.sessions.list({ created, status: 'complete', ...page })),
        (session) => add(ofPage(session, at)),
      );
      await each(
        'payments',
        pages.all((page) => stripe.paymentIntents.list({ created, ...page })),
        (intent) => intents.push(intent),
      );
      await each(
        'refunds',
        pages.all((page) => stripe.refunds.list({ created, ...page })),
        (refund) => add(refundRecord(refund, at, at)),
      );
      await each(
        'disputes',
        pages.all((page) => stripe.disputes.list({ created, ...page })),
        (dispute) => add(disputeRecord(dispute, at, at)),
      );
      await each(
        'invoices',
        pages.all((page) => stripe.invoices.list({ created, status: 'open', ...page })),
        (invoice) => add(openInvoice(invoice, at, key_live)),
      );
      await each(
        'messages of changes',
        pages.all((page) => stripe.events.list({ created, types: CHANGES, ...page })),
        (event) => {
          if (event.type === 'payment_intent.succeeded') intents.push(event.data.object);
          else add(changed(event, at));
        },
      );
      for (const intent of intents) {
        // The page reports what is bought on it, and it has mostly been found by now.
        if (intent.status !== 'succeeded' || found.has(`payment/${intent.id}`)) continue;
        if (named(intent.metadata.purchase_id) !== undefined) add(await paymentRecord(intent, at));
      }
      return [...found.values()];
    },

    async find(kind, id, at) {
      if (kind === 'refund') {
        const refund = await pages.one(() => stripe.refunds.retrieve(id));
        return refund && refundRecord(refund, at, at);
      }
      if (kind === 'dispute') {
        const dispute = await pages.one(() => stripe.disputes.retrieve(id));
        return dispute && disputeRecord(dispute, at, at);
      }
      const intent = await pages.one(() => stripe.paymentIntents.retrieve(id));
      return intent?.status === 'succeeded' ? await paymentRecord(intent, at) : undefined;
    },
  };

  /** A payment, by the page that it was paid on where there is one. */
  async function paymentRecord(intent: Stripe.PaymentIntent, at: string): Promise<ProviderRecord> {
    if (intent.metadata.kind !== 'top_up') {
      const payment_intent = intent.id;
      const answer = await pages.one(() => stripe.checkout.sessions.list({ payment_intent, limit: 1 }));
      const record = answer?.data[0] && ofPage(answer.data[0], at);
      if (record !== undefined) return record;
    }
    return {
      kind: 'payment',
      id: intent.id,
      news: { ...paidIntent(intent, at), key_live } as PaidNews,
      account_id: textOf(intent.metadata.account_id),
      kept: keptPurchase(intent.metadata, intent),
    };
  }

  function ofPage(session: Stripe.Checkout.Session, at: string): ProviderRecord | undefined {
    const news = sound(() => paidSession(session, at));
    if (news?.purchase_id === undefined || news.said !== 'paid') return undefined;
    return {
      kind: 'payment',
      id: news.payment_id ?? session.id,
      news: { ...news, key_live },
      account_id: textOf(session.metadata?.account_id) ?? accountOfLink(session.success_url),
      kept: keptPurchase(session.metadata, session),
    };
  }

  function changed(event: Stripe.Event, at: string): ProviderRecord | undefined {
    const said_at = instantOf(event.created) ?? at;
    switch (event.type) {
      case 'checkout.session.completed':
      case 'checkout.session.async_payment_succeeded':
        return ofPage(event.data.object, at);
      case 'refund.created':
      case 'refund.updated':
      case 'refund.failed':
        return refundRecord(event.data.object, at, said_at);
      case 'charge.dispute.created':
      case 'charge.dispute.updated':
      case 'charge.dispute.closed':
      case 'charge.dispute.funds_withdrawn':
      case 'charge.dispute.funds_reinstated':
        return disputeRecord(event.data.object, at, said_at);
      case 'invoice.paid': {
        const news = sound(() => paidInvoiceOf(event, at, key_live));
        const { metadata } = event.data.object;
        return (
          news && { kind: 'invoice', id: news.provider_id, news, account_id: textOf(metadata?.account_id) }
        );
      }
      default:
        return undefined;
    }
  }
}

/** One that is collected. Until it is paid only that it is there counts. */
function openInvoice(
  { id, metadata, amount_due, currency, livemode }: Stripe.Invoice,
  at: string,
  key_live: boolean | undefined,
): ProviderRecord | undefined {
  const invoice_id = named(metadata?.invoice_id);
  if (invoice_id === undefined || id === undefined) return undefined;
  const sum = { amount: moneyOf(amount_due), currency: currencyOf(currency) };
  const news = {
    invoice_id,
    provider_id: id,
    ...sum,
    live: livemode,
    key_live,
    event: id,
    at,
    by_hand: false,
  };
  return { kind: 'invoice', id, news, is_open: true, account_id: textOf(metadata?.account_id) };
}

function keyOf({ kind, id }: ProviderRecord): string {
  return `${kind}/${id}`;
}

function refundRecord(refund: Stripe.Refund, at: string, said_at: string): ProviderRecord | undefined {
  const news = sound(() => ofRefund(refund, at));
  return news && { kind: 'refund', id: refund.id, news: { ...news, said_at } };
}

function disputeRecord(dispute: Stripe.Dispute, at: string, said_at: string): ProviderRecord | undefined {
  const news: DisputeNews | undefined = sound(() => ofDispute(dispute, at));
  return news && { kind: 'dispute', id: dispute.id, news: { ...news, said_at } };
}

/** Boon's own page names the account; what was sold before the account stood in the metadata has it there only. */
function accountOfLink(url: string | null): string | undefined {
  if (url === null || !URL.canParse(url)) return undefined;
  return textOf(new URL(url).searchParams.get('account'));
}

/** What is not in Stripe's form is not ours. */
function sound<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof BoonError) return undefined;
    throw error;
  }
}
