/** `boon ledger compare-stripe`: payments, refunds and disputes at Stripe against the ledger, on the database itself. */
import { type Command, InvalidArgumentError } from 'commander';
import { differenceText, type Sum } from '../../contracts/purchases/provider-difference.ts';
import { priceText } from '../../contracts/purchases/purchase.ts';
import { answer, moment, newCommand } from '../command.ts';
import { CommandFailed } from '../failure.ts';
import { type Block, table, text } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import type { ComparisonReport } from './comparison.ts';

type Options = { since: string; apply?: true };

export function compareStripe(terminal: Terminal): Command {
  return newCommand(
    'compare-stripe',
    'Compare payments, refunds, disputes and paid invoices at Stripe with the ledger; exit code 1 when they differ',
    [
      'ledger compare-stripe --since 2026-06-11T09:00:00Z',
      'ledger compare-stripe --since 2026-06-11T09:00:00Z --apply',
    ],
  )
    .requiredOption(
      '--since <time>',
      'compare what was made or changed since then: the time that you restored to, say',
      past,
    )
    .option('--apply', 'record in the ledger what it lacks; what does not fit becomes a case')
    .action(async ({ since, apply }: Options, command: Command) => {
      const began = performance.now();
      const seconds = () => `${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s`;
      // Stripe's library is large, and only this needs it.
      const [{ createStripeRecords }, { withConfiguredLedger }, { compareWithProvider }] = await Promise.all([
        import('../../payments/stripe-records.ts'),
        import('../local-ledger.ts'),
        import('./comparison.ts'),
      ]);
      const report = await withConfiguredLedger(terminal, (ledger, { stripe }) => {
        if (stripe === undefined)
          throw new CommandFailed('Set STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET to those of the servers.');
        return compareWithProvider({
          ledger,
          records: createStripeRecords(stripe),
          since,
          at: new Date().toISOString(),
          apply: apply === true,
          progress: (line) => terminal.note(`[${seconds()}] ${line}`),
        });
      });
      answer(terminal, command, report, reportBlocks(report));
      if (report.error !== null)
        throw new CommandFailed(`${report.error} What is listed is done; run it again for the rest.`);
      if (!report.ok) throw new CommandFailed(leftText(report, apply === true));
    });
}

/** @throws InvalidArgumentError, which commander reports as a usage error */
function past(text: string): string {
  const since = moment(text);
  if (Date.parse(since) <= Date.now()) return since;
  throw new InvalidArgumentError('It must not be in the future.');
}

function leftText({ differences }: ComparisonReport, apply: boolean): string {
  if (!apply) return `They differ in ${differences.length}: with --apply the ledger records them.`;
  const failed = differences.filter(({ outcome }) => outcome === 'failed').length;
  return `${failed} could not be taken in: run it again.`;
}

function reportBlocks({ looked_at, differences }: ComparisonReport): Block[] {
  const rows = differences.map((one) => [
    one.id,
    differenceText(one.kind),
    one.purchase_id ?? one.invoice_id,
    one.account_id,
    sumText(one.provider),
    sumText(one.ledger),
    one.outcome === 'case' ? `case ${one.case_id}` : (one.error ?? one.outcome),
  ]);
  const headings = ['at Stripe', 'what', 'about', 'account', 'there', 'here', 'outcome'];
  const counts = Object.entries(looked_at).map(([what, count]) => `${count} ${what}s`);
  return [table(headings, rows, 'Stripe and the ledger agree.'), text(`Looked at ${counts.join(', ')}.`)];
}

function sumText(sum: Sum | null): string {
  if (sum === null) return '-';
  const { status, amount, currency } = sum;
  if (amount === null) return status;
  const isCurrency = currency !== null && /^[a-z]{3}$/i.test(currency);
  return `${status} ${isCurrency ? priceText({ amount, currency }) : amount}`;
}
