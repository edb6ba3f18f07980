import { expect, test } from 'vitest';
import { invoiceMail } from '../../src/activities/billing/invoice-letter.ts';
import type { InvoiceWithLines } from '../../src/contracts/billing/invoice.schema.ts';
import { usd } from '../support/usd.ts';

const LINE = { product: 'codex', model: null, uses: 2, units: '10', credits: '10', amount: usd(40) };
const INVOICE: InvoiceWithLines = {
  id: 'inv_1',
  account_id: 'acme',
  month: { starts_at: '2026-03-01T00:00:00.000Z', ends_at: '2026-04-01T00:00:00.000Z' },
  status: 'open',
  credits: '62.5',
  total: usd(250),
  credited: usd(0),
  open: usd(250),
  issued_at: '2026-04-01T00:00:00.000Z',
  due_at: '2026-04-15T00:00:00.000Z',
  paid_at: null,
  voided_at: null,
  payment_url: null,
  notice: null,
  provider_fault: null,
  lines: [
    { ...LINE, member_id: 'sue' },
    { ...LINE, member_id: 'tom', model: 'gpt-5.1', uses: 1, credits: '52.5', amount: usd(210) },
  ],
  corrections: [],
};
const mailOf = (more: Partial<InvoiceWithLines> = {}) =>
  invoiceMail({ ...INVOICE, ...more }, 'https://boon.example/credits');

test('the mail says what is owed, by when, and what for', () => {
  const { subject, text, messageId } = mailOf();
  expect(subject).toBe('Invoice inv_1: 2.50 USD for 2026-03-01 to 2026-04-01');
  expect(text).toBe(
    [
      'Your members used 62.5 credits’ worth beyond their plans and your pool. Please pay 2.50 USD by 2026-04-15.',
      '',
      'sue: codex, 2 uses, 10 credits, 0.40 USD',
      'tom: codex, gpt-5.1, 1 use, 52.5 credits, 2.10 USD',
    ].join('\n'),
  );
  expect(messageId).toBe('<invoice.inv_1@boon.example>');
});

test('where a provider collects it, the mail links its page', () => {
  const { text, html } = mailOf({ payment_url: 'https://pay.example/?a=1&b=2' });
  expect(text).toContain('Pay here: https://pay.example/?a=1&b=2');
  expect(html).toContain('<a href="https://pay.example/?a=1&amp;b=2">');
  expect(mailOf().html).not.toContain('<a ');
});

test('names in the mail are text, not HTML', () => {
  const lines = [{ ...LINE, member_id: '<b>sue</b>' }];
  expect(mailOf({ lines }).html).toContain('&lt;b&gt;sue&lt;/b&gt;');
});

test('of more than fifty lines the mail shows fifty, and says how many there are besides', () => {
  const many = (count: number) =>
    mailOf({ lines: Array.from({ length: count }, (_, n) => ({ ...LINE, member_id: `member-${n}` })) }).text;
  expect(many(50)).not.toContain('more lines');
  expect(many(52)).toContain('member-49: ');
  expect(many(52)).not.toContain('member-50: ');
  expect(many(52)).toContain('… and 2 more lines');
});

test('what was credited before the mail went is not asked for', () => {
  const { subject, text } = mailOf({ credited: usd(50), open: usd(200) });
  expect(subject).toContain('2.50 USD');
  expect(text).toContain('Please pay 2.00 USD by 2026-04-15; 0.50 USD of 2.50 USD were credited.');
});

test.each(['paid', 'credited', 'void'] as const)(
  'of an invoice that is %s nothing is asked for',
  (status) => {
    const { text } = mailOf({ status, open: usd(0), payment_url: 'https://pay.example/' });
    expect(text).not.toContain('Please pay');
    expect(text).not.toContain('Pay here');
    expect(text).toContain(`It is ${status}: nothing is to be paid.`);
  },
);
