/** Invoices by Stripe: it mails and collects them; Boon's lines become its items. */
import type Stripe from 'stripe';
import type { InvoiceWithLines } from '../contracts/invoice.schema.ts';
import { billingCycleWorkflowId } from '../contracts/invoice.ts';

/** Stripe takes at most 250 items an invoice; with more lines it gets one for each product. */
const MOST_ITEMS = 250;

/** Makes the invoice, once however often it is asked for, and gives its id and page. */
export async function openStripeInvoice(
  stripe: Stripe,
  invoice: InvoiceWithLines,
  email: string | undefined,
): Promise<{ id: string; url: string | null }> {
  const { account_id, month, total, id } = invoice;
  const key = (step: string) => ({ idempotencyKey: `${billingCycleWorkflowId(account_id, month)}:${step}` });
  const metadata = { invoice_id: id, account_id };
  const customer = await stripe.customers.create(
    { ...(email === undefined ? {} : { email }), name: account_id, metadata },
    key('customer'),
  );
  const made = await stripe.invoices.create(
    {
      customer: customer.id,
      collection_method: 'send_invoice',
      currency: total.currency,
      due_date: Math.floor(Date.parse(invoice.due_at) / 1000),
      auto_advance: false,
      pending_invoice_items_behavior: 'exclude',
      description: `Uses from ${month} to ${invoice.ends_at.slice(0, 10)}`,
      metadata,
    },
    key('invoice'),
  );
  for (const [n, { description, amount }] of itemsOf(invoice).entries()) {
    const item = { customer: customer.id, invoice: made.id, currency: total.currency, amount, description };
    await stripe.invoiceItems.create(item, key(`item-${n}`));
  }
  const final = await stripe.invoices.finalizeInvoice(made.id, {}, key('finalize'));
  return { id: made.id, url: final.hosted_invoice_url ?? null };
}

/** The invoice of ours that an event says is paid; undefined for other events. */
export function paidInvoiceOf(event: Stripe.Event): string | undefined {
  return event.type === 'invoice.paid' ? event.data.object.metadata?.invoice_id : undefined;
}

function itemsOf({ lines }: InvoiceWithLines): { description: string; amount: number }[] {
  if (lines.length <= MOST_ITEMS) {
    return lines.map(({ member_id, product, model, credits, amount }) => ({
      description: `${member_id}: ${product}${model === null ? '' : `, ${model}`} (${credits} credits)`,
      amount,
    }));
  }
  const byProduct = new Map<string, number>();
  for (const { product, amount } of lines) byProduct.set(product, (byProduct.get(product) ?? 0) + amount);
  return [...byProduct].map(([description, amount]) => ({ description, amount }));
}
