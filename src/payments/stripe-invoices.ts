/** Invoices by Stripe: it mails and collects them; Boon's lines become its items. */
import type Stripe from 'stripe';
import type { InvoiceWithLines } from '../contracts/billing/invoice.schema.ts';
import {
  billingCycleWorkflowId,
  firstDayOf,
  type InvoiceCorrection,
  type InvoiceNews,
} from '../contracts/billing/invoice.ts';
import { currencyOf, idOf, modeOf, moneyOf, named, needed, textOf } from './stripe-fields.ts';

/** Stripe takes at most 250 items an invoice; with more lines it gets one for each product. */
const MOST_ITEMS = 250;

/**
 * Makes the draft of an invoice and gives its id. Stripe remembers a key for a day, from when it first came: so each
 * holds the ids of the steps before it, and none is ever sent with other parameters.
 */
export async function draftStripeInvoice(
  stripe: Stripe,
  invoice: InvoiceWithLines,
  email: string | undefined,
): Promise<string> {
  const { account_id, total, id } = invoice;
  const month = firstDayOf(invoice);
  const key = (step: string) => ({ idempotencyKey: `${billingCycleWorkflowId(account_id, month)}:${step}` });
  const metadata = { invoice_id: id, account_id };
  const customer = await stripe.customers.create(
    { ...(email === undefined ? {} : { email }), name: account_id, metadata },
    key('customer'),
  );
  const draft = await stripe.invoices.create(
    {
      customer: customer.id,
      collection_method: 'send_invoice',
      currency: total.currency,
      due_date: Math.floor(Date.parse(invoice.due_at) / 1000),
      auto_advance: false,
      pending_invoice_items_behavior: 'exclude',
      description: `Uses from ${month} to ${invoice.month.ends_at.slice(0, 10)}`,
      metadata,
    },
    key(`invoice:${customer.id}`),
  );
  for (const [n, { description, amount }] of itemsOf(invoice).entries()) {
    const item = { customer: customer.id, invoice: draft.id, currency: total.currency, amount, description };
    await stripe.invoiceItems.create(item, key(`item-${n}:${draft.id}`));
  }
  return draft.id;
}

/** Finalizes a draft; one that is final already stays as it is. */
export async function sendStripeInvoice(stripe: Stripe, id: string): Promise<{ url: string | null }> {
  const found = await stripe.invoices.retrieve(id);
  const final =
    found.status === 'draft'
      ? await stripe.invoices.finalizeInvoice(id, {}, { idempotencyKey: `finalize:${id}` })
      : found;
  return { url: final.hosted_invoice_url ?? null };
}

/** Voids an invoice, or deletes it while it is a draft. Stripe refuses when it is paid. */
export async function voidStripeInvoice(stripe: Stripe, id: string): Promise<void> {
  const { status } = await stripe.invoices.retrieve(id);
  if (status === 'void') return;
  if (status === 'draft') await stripe.invoices.del(id);
  else await stripe.invoices.voidInvoice(id, {}, { idempotencyKey: `void:${id}` });
}

/** Makes the credit note of a correction, unless the invoice has it already, and gives its id. */
export async function creditStripeInvoice(
  stripe: Stripe,
  invoice: string,
  note: InvoiceCorrection,
): Promise<string> {
  for await (const made of stripe.creditNotes.list({ invoice, limit: 100 })) {
    if (made.metadata?.correction_id === note.id) return made.id;
  }
  const { id } = await stripe.creditNotes.create(
    { invoice, amount: note.total.amount, memo: note.reason, metadata: { correction_id: note.id } },
    { idempotencyKey: `credit:${note.id}` },
  );
  return id;
}

/**
 * What an event says of an invoice of ours that is paid; undefined for other events.
 * @param key_live the mode of Boon's key; undefined where the key does not say
 */
export function paidInvoiceOf(
  event: Stripe.Event,
  at: string,
  key_live: boolean | undefined,
): InvoiceNews | undefined {
  if (event.type !== 'invoice.paid') return undefined;
  const { id, metadata, amount_paid, currency, livemode, total, total_excluding_tax } = event.data.object;
  const invoice_id = named(metadata?.invoice_id);
  if (invoice_id === undefined) return undefined;
  const [whole, net] = [moneyOf(total), moneyOf(total_excluding_tax)];
  const tax = whole === null || net === null ? 0 : whole - net;
  return {
    invoice_id,
    provider_id: idOf(id) ?? '',
    amount: moneyOf(amount_paid),
    ...(tax > 0 ? { tax } : {}),
    currency: currencyOf(currency),
    live: modeOf(livemode) ?? modeOf(event.livemode),
    key_live,
    // Where it was marked as paid by hand, by whatever field this version of Stripe's API says so.
    by_hand: 'paid_out_of_band' in event.data.object && event.data.object.paid_out_of_band === true,
    event: needed(textOf(event.id), 'id'),
    at,
  };
}

function itemsOf({ lines }: InvoiceWithLines): { description: string; amount: number }[] {
  if (lines.length <= MOST_ITEMS) {
    return lines.map(({ member_id, product, model, credits, amount }) => ({
      description: `${member_id}: ${product}${model === null ? '' : `, ${model}`} (${credits} credits)`,
      amount: amount.amount,
    }));
  }
  const byProduct = new Map<string, number>();
  for (const { product, amount } of lines)
    byProduct.set(product, (byProduct.get(product) ?? 0) + amount.amount);
  return [...byProduct].map(([description, amount]) => ({ description, amount }));
}
